"""Whether a grant works, asked of Google without reading any content."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from connections.errors import UnrecognizedAnswer
from connections.extensions import Probed, TokenSource, get_connector
from connections.google.tokeninfo import WHAT, tokeninfo
from connections.models import Connection


@dataclass(frozen=True, kw_only=True)
class Proof:
    """``granted`` is what Google says of the token; ``probed`` what the connector asked, in so many milliseconds."""

    granted: frozenset[str]
    probed: Probed
    milliseconds: int


def prove_grant(connection: Connection, tokens: TokenSource) -> Proof:
    """Ask whose the access token is and what it holds, then let the connector make its harmless call.

    ``connection`` carries the scopes of the grant in question. What the connector meets stands in the proof.

    :raises GoogleUnavailable: nothing could be learned now. :raises UnrecognizedAnswer: the token is another account's.
    """
    info = tokeninfo(tokens().reveal())
    if info.sub and info.sub != connection.account_sub:
        raise UnrecognizedAnswer(what=WHAT, http_status=200, reason="another account")
    started = time.monotonic()
    probed = get_connector(connection.connector).probe(connection, tokens)
    return Proof(granted=info.granted, probed=probed, milliseconds=round((time.monotonic() - started) * 1000))


def lost_scopes(before: Iterable[str], after: Iterable[str]) -> list[str]:
    """What was granted before and is no more, in the order that it had."""
    kept = frozenset(after)
    return [scope for scope in before if scope not in kept]
