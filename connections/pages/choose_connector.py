"""New Connection begins with the connector."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from access import policy
from access.actor import actor_of
from connections.extensions import Connector, connectors


@login_required
@require_GET
def choose_connector(request: HttpRequest) -> HttpResponse:
    """The connectors that the search finds by title, description or card; all of them without one."""
    policy.require(actor_of(request), "connection.create")
    search = request.GET.get("search", "").strip()
    found = [each for each in connectors() if _matches(each, search.casefold())]
    context = {"connectors": found, "search": search}
    return render(request, "connections/choose_connector.html", context)


def _matches(connector: Connector, wanted: str) -> bool:
    texts = (connector.title, connector.description, *(card.title for card in connector.cards))
    return any(wanted in text.casefold() for text in texts)
