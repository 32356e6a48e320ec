"""Gmail for one connection: Google's own client library over our transport, with its errors read."""

import json
from functools import cache, partial
from typing import Any

from django.conf import settings
from googleapiclient.discovery import build_from_document
from googleapiclient.errors import HttpError

from connections.errors import GoogleUnavailable
from connections.extensions import TokenSource
from connections.models import Connection
from connections.operations.get_delegated_token import get_delegated_token
from connections.requirements import Impersonation
from gmail_connector.asking import Asked
from gmail_connector.failures import no_usable_answer, read
from gmail_connector.methods import discovery_document
from gmail_connector.pace import keep_pace
from gmail_connector.transport import NoAnswer, NotSent, Transport

NO_CONTENT = ("", b"")
"""What Google's library makes of an answer without a body, where the method is one that gives none."""


class GmailClient:
    """What a card gets. ``granted`` are the scopes of its tokens, ``email`` the address of its mailbox.

    They are the connection's own, or those of the impersonation for which ``tokens`` are.
    """

    def __init__(
        self, connection: Connection, tokens: TokenSource | None = None, impersonation: Impersonation | None = None
    ) -> None:
        self.granted = frozenset(impersonation.scopes if impersonation else connection.granted_scopes)
        self.email = impersonation.mailbox if impersonation else connection.account_email
        self._service_account = impersonation.service_account if impersonation else ""
        self.requested = frozenset(connection.requested_scopes)
        self._transport = Transport(connection, tokens)

    def users(self, *path: str) -> Any:
        """Gmail's methods, from which requests for :meth:`call` are made: ``users("settings", "sendAs")``."""
        return _users(settings.GOOGLE_ADDRESSES.gmail_api_url, *path)

    def has_any(self, scopes: tuple[str, ...]) -> bool:
        """Whether one of these scopes is granted."""
        return not self.granted.isdisjoint(scopes)

    def call(
        self, what: str, request: Any, *, needs: tuple[str, ...], field: str = "", about: str = ""
    ) -> dict[str, Any]:
        """Carry a request out, once, and give its answer's JSON object: an empty one where it has no content.

        :param what: what is done, as the beginning of a sentence: “Reading the message”.
        :param needs: the scopes of which any one allows it.
        :param field: the label of the input that names what is asked for.
        :param about: the address that a setting is about.
        :raises AnswerLost: a write may have been carried out. A read raises GoogleUnavailable instead.
        :raises ConsoleError: it was refused, or it provably never left.
        """
        asked = Asked(
            what=what,
            email=self.email,
            needs=needs,
            requested=self.requested,
            granted=self.granted,
            is_write=request.method != "GET",
            field=field,
            method=request.methodId,
            about=about,
            service_account=self._service_account,
        )
        keep_pace(self.email, request.methodId, may_wait=not asked.is_write)
        try:
            answer = request.execute(http=self._transport, num_retries=0)
        except HttpError as error:
            raise read(error.resp.status, error.content, asked) from None
        except NotSent as error:
            raise GoogleUnavailable(what=what, reason=error.reason) from None
        except NoAnswer as error:
            raise no_usable_answer(error.reason, asked) from None
        except (json.JSONDecodeError, UnicodeDecodeError):
            answer = None
        if answer in NO_CONTENT:
            return {}
        if not isinstance(answer, dict):
            raise no_usable_answer("the answer is not one of Gmail's", asked)
        return answer


def open_client(connection: Connection, impersonation: Impersonation | None = None) -> GmailClient:
    """The client for a connection's own mailbox, or for the one that is impersonated. It makes no call by itself."""
    if impersonation is None:
        return GmailClient(connection)
    return GmailClient(connection, partial(get_delegated_token, connection, impersonation), impersonation)


@cache
def _users(api_url: str, *path: str) -> Any:
    """The methods under *users*, kept since Google's library takes milliseconds to make them.

    Made from the discovery document that the library ships, with its addresses replaced: ``api_endpoint``
    would leave uploads on Google's own host (google-facts.md 1a). Requests made from it carry no way out of
    their own: :meth:`GmailClient.call` gives each the connection's.
    """
    if path:
        return getattr(_users(api_url, *path[:-1]), path[-1])()
    document = discovery_document()
    document["rootUrl"] = document["baseUrl"] = f"{api_url.rstrip('/')}/"
    document.pop("mtlsRootUrl", None)
    return build_from_document(document, http=object()).users()
