"""Google Cloud as the connected person sees it: projects, service accounts, and what they may do with one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests
from django.conf import settings

from connections.errors import GoogleUnavailable
from connections.extensions import TokenSource
from connections.google.client import session
from connections.google.cloud_failures import Asked, cloud_error
from connections.google.failures import no_answer
from connections.role_errors import ListingDenied, ServiceAccountUnknown

MOST_LISTED = 100
RESOURCE_MANAGER = "Cloud Resource Manager API"
IAM = "Identity and Access Management (IAM) API"


@dataclass(frozen=True, kw_only=True)
class Named:
    """A project by its id, or a service account by its address."""

    name: str
    value: str


def list_projects(tokens: TokenSource, email: str) -> tuple[tuple[Named, ...], bool]:
    """The active projects that the person sees, and whether Google has more than the first hundred.

    :raises ConsoleError: ListingDenied, CloudApiOff, GoogleUnavailable, or what getting a token raises.
    """
    asked = Asked(what="Listing projects", api=RESOURCE_MANAGER, denied=ListingDenied(email=email, what="projects"))
    address = f"{settings.GOOGLE_ADDRESSES.resource_manager_api_url}/v3/projects:search"
    answer = call(tokens, "GET", address, asked, params={"pageSize": str(MOST_LISTED)})
    found = [each for each in _objects(answer, "projects") if each.get("state", "ACTIVE") == "ACTIVE"]
    named = (_named(each, "displayName", "projectId") for each in found)
    return tuple(named), bool(answer.get("nextPageToken"))


def list_service_accounts(tokens: TokenSource, email: str, project: str) -> tuple[tuple[Named, ...], bool]:
    """A project's service accounts, disabled ones left out, and whether there are more than the first hundred.

    :raises ConsoleError: as :func:`list_projects`.
    """
    denied = ListingDenied(email=email, what=f"the service accounts of {project}")
    asked = Asked(what="Listing service accounts", api=IAM, denied=denied)
    address = f"{settings.GOOGLE_ADDRESSES.iam_api_url}/v1/projects/{quote(project, safe='')}/serviceAccounts"
    answer = call(tokens, "GET", address, asked, params={"pageSize": str(MOST_LISTED)})
    found = [each for each in _objects(answer, "accounts") if not each.get("disabled")]
    return tuple(_named(each, "displayName", "email") for each in found), bool(answer.get("nextPageToken"))


def held_permissions(
    tokens: TokenSource, email: str, service_account: str, permissions: tuple[str, ...]
) -> frozenset[str]:
    """Which of the permissions the person has on a service account, those of its project included.

    Asked of the account itself: the project's own answer misses a role that was given on the account alone
    (google-facts.md 4). Google leaves the field out where there are none.

    :raises ConsoleError: ServiceAccountUnknown, CloudApiOff, GoogleUnavailable, or what getting a token raises.
    """
    unknown = ServiceAccountUnknown(email=email, service_account=service_account)
    asked = Asked(what=f"Checking the roles on {service_account}", api=IAM, denied=unknown)
    address = f"{_account_url(service_account)}:testIamPermissions"
    answer = call(tokens, "POST", address, asked, json={"permissions": list(permissions)})
    held = answer.get("permissions") or []
    return frozenset(str(each) for each in held) if isinstance(held, list) else frozenset()


def unique_id(tokens: TokenSource, email: str, service_account: str) -> str:
    """The number that domain-wide delegation knows the account by. :raises ConsoleError: it may not be read."""
    unknown = ServiceAccountUnknown(email=email, service_account=service_account)
    asked = Asked(what=f"Reading the client ID of {service_account}", api=IAM, denied=unknown)
    answer = call(tokens, "GET", _account_url(service_account), asked)
    return str(answer.get("oauth2ClientId") or answer.get("uniqueId") or "")


def call(
    tokens: TokenSource,
    method: str,
    address: str,
    asked: Asked,
    *,
    params: Mapping[str, str] | None = None,
    json: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """One call with the person's token, repeated once with a fresh one after a 401, and its answer's object."""
    request = requests.Request(method, address, params=params, json=json)
    token = tokens()
    response = _send(request, token.reveal(), asked)
    if response.status_code == requests.codes.unauthorized:
        response = _send(request, tokens(stale=token).reveal(), asked)
    if response.status_code != requests.codes.ok:
        raise cloud_error(response.status_code, response.content, asked)
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise GoogleUnavailable(what=asked.what, reason="the answer isn't one of this API's")
    return answer


def _send(request: requests.Request, bearer: str, asked: Asked) -> requests.Response:
    try:
        with session() as http:
            prepared = http.prepare_request(request)
            prepared.headers["Authorization"] = f"Bearer {bearer}"
            return http.send(prepared, allow_redirects=False)
    except requests.RequestException as error:
        # Without its context, which holds the request and with it the token
        failure = no_answer(asked.what, error)
    raise failure


def _account_url(service_account: str) -> str:
    return f"{settings.GOOGLE_ADDRESSES.iam_api_url}/v1/projects/-/serviceAccounts/{quote(service_account, safe='')}"


def _objects(answer: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = answer.get(name) or []
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _named(found: Mapping[str, Any], name: str, value: str) -> Named:
    return Named(name=str(found.get(name) or found.get(value) or ""), value=str(found.get(value) or ""))
