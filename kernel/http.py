"""The only way out of this process: bounded, timed, to known hosts, following nothing.

Google's client libraries bring sessions of their own; :func:`harden` puts the same
rules on any of them.
"""

from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter

S = TypeVar("S", bound=requests.Session)

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
MAX_BODY_BYTES = 64 * 1024 * 1024


class ForbiddenAddress(requests.RequestException):
    """The request aimed at a host that no setting names. Nothing was sent."""


class BodyTooLarge(requests.RequestException):
    """The answer was longer than the limit and was dropped."""


class GuardedAdapter(HTTPAdapter):
    """Sends once (no repeats), only to the origins in ``settings.OUTBOUND_ORIGINS``."""

    def __init__(self, max_body_bytes: int = MAX_BODY_BYTES) -> None:
        self.max_body_bytes = max_body_bytes
        super().__init__(max_retries=0)

    def send(  # noqa: PLR0917  (the base class's signature)
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002  (always read as a stream, so that the limit holds)
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        parts = urlsplit(request.url or "")
        if f"{parts.scheme}://{parts.netloc}" not in settings.OUTBOUND_ORIGINS:
            raise ForbiddenAddress(f"{parts.hostname} is not a host this console may call", request=request)
        response = super().send(request, True, _at_most(timeout), verify, cert, proxies)
        self._read_bounded(response)
        return response

    def _read_bounded(self, response: requests.Response) -> None:
        chunks: list[bytes] = []
        size = 0
        for chunk in response.iter_content(64 * 1024):
            size += len(chunk)
            if size > self.max_body_bytes:
                response.close()
                raise BodyTooLarge("the answer is larger than the limit", response=response)
            chunks.append(chunk)
        response._content = b"".join(chunks)  # noqa: SLF001  (requests has no public way to cap a body)


def _at_most(timeout: float | tuple[float, float] | tuple[float, None] | None) -> tuple[float, float]:
    """The caller's limits where they are shorter than ours. google-auth asks for two minutes."""
    connect, read = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    return min(connect or CONNECT_SECONDS, CONNECT_SECONDS), min(read or READ_SECONDS, READ_SECONDS)


def harden(session: S, max_body_bytes: int = MAX_BODY_BYTES) -> S:
    """Put this module's rules on a session, and return it."""
    adapter = GuardedAdapter(max_body_bytes)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.max_redirects = 0
    session.trust_env = False
    return session
