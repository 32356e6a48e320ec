"""Where a person came from to make or reauthorize a connection: kept as a route with ids, never as an address."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, Resolver404, resolve, reverse

from connections.models import ConsentAttempt

Place = Mapping[str, Any]


def asked_return(request: HttpRequest, earlier: ConsentAttempt | None) -> dict[str, Any] | None:
    """The place that the request names by its path, or that the earlier attempt was to lead back to."""
    path = request.POST.get("return_to", "") or request.GET.get("return_to", "")
    try:
        match = resolve(path) if path.startswith("/") else None
    except Resolver404:
        match = None
    if match is None:
        return earlier.return_to if earlier else None
    return {"route": match.view_name, "ids": {name: str(value) for name, value in match.kwargs.items()}}


def return_path(place: Place | None) -> str:
    """The place's path; empty where there is none, or none any more."""
    if not place:
        return ""
    try:
        return reverse(place["route"], kwargs=place["ids"])
    except NoReverseMatch:
        return ""
