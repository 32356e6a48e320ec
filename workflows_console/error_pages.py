"""A ConsoleError as a page or as problem+json (RFC 9457): the same words either way."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from kernel.errors import ConsoleError, NotFound, NotPermitted, as_problem

PROBLEM_TYPE = "application/problem+json"


def problem(error: ConsoleError, **members: Any) -> dict[str, Any]:
    """The body of a problem+json answer; ``type`` leads to the help page's entry of the code."""
    return {"type": f"{settings.PUBLIC_URL}{reverse('help')}#error-{error.code}", **as_problem(error), **members}


def problem_response(error: ConsoleError, **members: Any) -> JsonResponse:
    return JsonResponse(problem(error, **members), status=error.status, content_type=PROBLEM_TYPE)


def render_error(request: HttpRequest, error: ConsoleError) -> HttpResponse:
    """The error's own page, with its status."""
    return render(request, "errors/error.html", {"error": error}, status=error.status)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  (Django's signature)
    return render_error(request, NotFound(kind="page"))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  (Django's signature)
    return render_error(request, NotPermitted(permission="to open this page"))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  (Django's signature)
    """The form was too old, or sent from elsewhere. Nothing was changed."""
    return render(request, "errors/csrf.html", status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """A page without anything that could fail again."""
    return render(request, "errors/500.html", status=500)
