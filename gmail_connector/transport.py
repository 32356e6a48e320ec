"""How a request reaches Gmail: once, with the connection's own token, and to Gmail's origin only.

googleapiclient wants an object like httplib2's ``Http``. httplib2 itself repeats a POST whose answer was
lost (measured: 2 mails for 1 call), so this one goes through requests.
"""

import io
import os
from collections.abc import Mapping
from functools import cache, partial
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from connections.extensions import TokenSource
from connections.models import Connection
from connections.operations.get_access_token import AccessToken, get_access_token
from kernel.http import BodyTooLarge, ForbiddenAddress, harden

LONG_BODY = 64 * 1024


class Broken(Exception):
    """No whole answer came. ``reason`` is part of a sentence."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class NotSent(Broken):
    """The request provably never left."""


class NoAnswer(Broken):
    """The request left, or may have: it may have been carried out."""


class Answer(dict[str, str]):
    """Headers in lower case, status and reason: what googleapiclient reads of httplib2's ``Response``."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__({name.lower(): value for name, value in response.headers.items()})
        self.status = response.status_code
        self.reason = response.reason or ""


@cache
def _session(_process_id: int) -> requests.Session:
    """The process's pool of connections to Gmail.

    Nothing of one account stays in it: tokens go with each request, cookies are refused. A pool inherited
    over a fork would read another process's answers, hence the argument.
    """
    session = harden(requests.Session())
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


class Transport:
    """One connection's way to Gmail, with tokens from that source or, without one, the connection's own."""

    def __init__(self, connection: Connection, tokens: TokenSource | None = None) -> None:
        self._tokens = tokens or partial(get_access_token, connection)

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **_httplib2_options: Any,
    ) -> tuple[Answer, bytes]:
        """Send a request and give its answer, whatever its status.

        A 401 says that nothing was carried out: the token is refreshed and the request goes out once more.

        :raises NotSent: it never left. :raises NoAnswer: it may have been carried out.
        :raises ConsoleError: there is no access token to be had.
        """
        # requests counts the body itself; googleapiclient writes a length of 0 into a GET
        kept = {name: value for name, value in (headers or {}).items() if name != "content-length"}
        content = body.encode() if isinstance(body, str) else body
        token = self._tokens()
        response = _send(_request(method, uri, kept, content), token)
        if response.status_code == requests.codes.unauthorized:
            fresh = self._tokens(stale=token)
            response = _send(_request(method, uri, kept, content), fresh)
        return Answer(response), response.content


def _request(method: str, uri: str, headers: Mapping[str, str], content: bytes | None) -> requests.Request:
    """One request. A long body is written piece by piece: in one piece, all of it would have to leave within the
    seconds that are meant for connecting.
    """
    data = io.BytesIO(content) if content and len(content) > LONG_BODY else content
    return requests.Request(method, uri, headers=dict(headers), data=data)


def _send(request: requests.Request, token: AccessToken) -> requests.Response:
    try:
        return _exchange(request, token)
    except (requests.RequestException, OSError) as error:
        # Without its context, which holds the request and with it the token
        failure = _failure(error)
    raise failure


def _exchange(request: requests.Request, token: AccessToken) -> requests.Response:
    _require_gmail(request.url or "")
    session = _session(os.getpid())
    prepared = session.prepare_request(request)
    prepared.headers["Authorization"] = f"Bearer {token.reveal()}"
    limits = (settings.GMAIL_CONNECT_SECONDS, settings.GMAIL_READ_SECONDS)
    return session.send(prepared, timeout=limits, allow_redirects=False)


def _require_gmail(uri: str) -> None:
    """The token is for Gmail alone, even where other hosts may be called too."""
    asked, gmail = urlsplit(uri), urlsplit(settings.GOOGLE_ADDRESSES.gmail_api_url)
    if (asked.scheme, asked.netloc) != (gmail.scheme, gmail.netloc):
        raise ForbiddenAddress(f"{asked.hostname} is not Gmail")


def _failure(error: Exception) -> Broken:
    if _never_left(error):
        return NotSent("Google could not be reached")
    if isinstance(error, requests.Timeout):
        return NoAnswer(f"no answer came within {settings.GMAIL_READ_SECONDS} seconds")
    if isinstance(error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError):
        return NoAnswer("the answer broke off")
    if isinstance(error, BodyTooLarge):
        return NoAnswer("the answer was longer than this console reads")
    return NoAnswer("the connection ended before an answer came")


def _never_left(error: Exception) -> bool:
    """Only where no connection came about. A TLS failure may also come while reading, so it doesn't count."""
    if isinstance(error, ForbiddenAddress | requests.ConnectTimeout):
        return True
    cause = error.args[0] if isinstance(error, requests.ConnectionError) and error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else None
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)
