"""One call of a Gmail method: who calls, on which mailbox, with what; every refusal that all methods share."""

import base64
import binascii
import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from google_sandbox.errors import GoogleError
from google_sandbox.gmail.discovery import Method
from google_sandbox.gmail.ids import failed_precondition, invalid_argument
from google_sandbox.gmail.mailbox import Mailbox
from google_sandbox.gmail.parameters import query_parameters
from google_sandbox.gmail.refusals import refuse_staged
from google_sandbox.oauth.authenticate import Token, authenticate, require_scope
from google_sandbox.request import SandboxRequest

METADATA_SCOPE = "https://www.googleapis.com/auth/gmail.metadata"
RAW_MISSING = "'raw' RFC822 payload message string or uploading message via /upload/* URL required"
DELEGATED_ONLY = "Access restricted to service accounts that have been delegated domain-wide authority"
BASE64URL = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@dataclass(frozen=True, kw_only=True)
class Call:
    """What an implementation of a method gets. `media` holds the message of an upload."""

    request: SandboxRequest
    method: Method
    token: Token
    path: Mapping[str, str]
    parameters: Mapping[str, Any]
    body: Mapping[str, Any]
    media: bytes | None = None

    @property
    def now(self) -> datetime:
        return self.request.sandbox.clock.now()

    @contextlib.contextmanager
    def mailbox(self) -> Iterator[Mailbox]:
        """The caller's mailbox in one transaction."""
        sandbox = self.request.sandbox
        with sandbox.store.transaction() as db:
            yield Mailbox(db, self.token.sub, sandbox.clock.timestamp())

    def message_field(self) -> Mapping[str, Any]:
        """The message of a body that wraps one: a draft."""
        message = self.body.get("message") or {}
        if not isinstance(message, dict):
            raise invalid_argument(f"Invalid value at 'draft.message', {json.dumps(message)}")
        return message

    def raw_message(self, message: Mapping[str, Any]) -> bytes:
        """The bytes uploaded, or those of the message's `raw`; row 46 when there are none."""
        if self.media is not None:
            raw = self.media
        else:
            value = message.get("raw")
            if not isinstance(value, str) or not value:
                raise invalid_argument(RAW_MISSING)
            raw = _decode(value)
        if not raw:
            raise invalid_argument(RAW_MISSING)
        if len(raw) > self.method.upload_limit:
            raise GoogleError(413, "Request Entity Too Large", reason="uploadTooLarge")
        return raw


Implementation = Callable[[Call], dict[str, Any] | None]


def admit(request: SandboxRequest, method: Method, user_id: str) -> Token:
    """The caller, if token, scopes, userId and mailbox allow the method at all."""
    token = authenticate(request)
    refuse_staged(request, method, token)
    require_scope(token, method.scopes, method.rpc_name)
    if method.delegated_only:
        require_delegated(token)
    if user_id.lower() not in {"me", token.email.lower()}:
        raise GoogleError(403, f"Delegation denied for {token.email}", reason="forbidden")
    if token.account["kind"] == "service_account":
        raise failed_precondition("Precondition check failed.")
    if not token.account["has_gmail"]:
        raise failed_precondition("Mail service not enabled")
    return token


def require_delegated(token: Token) -> None:
    """Row 37: who consented for themselves may not share the mailbox, nor see with whom it is shared."""
    if token.delegated_by is None:
        raise GoogleError(403, DELEGATED_ONLY, reason="forbidden")


def parameters_of(request: SandboxRequest, method: Method, token: Token) -> dict[str, Any]:
    """The query, and what the metadata scope forbids in it whatever else the token covers (row 50)."""
    parameters = query_parameters(request, method)
    if METADATA_SCOPE in token.scopes:
        if parameters.get("q") is not None:
            raise GoogleError(403, "Metadata scope does not support 'q' parameter", reason="forbidden")
        if parameters.get("format") in {"full", "raw"}:
            wanted = parameters["format"].upper()
            raise GoogleError(403, f"Metadata scope doesn't allow format {wanted}", reason="forbidden")
    return parameters


def _decode(value: str) -> bytes:
    """Base64 with the URL alphabet, padding kept or left off, as Gmail takes it."""
    text = value.rstrip("=")
    if BASE64URL.issuperset(text):
        with contextlib.suppress(binascii.Error):
            return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    shown = json.dumps(value[:100])
    raise invalid_argument(f"Invalid value at 'message.raw' (TYPE_BYTES), Base64 decoding failed for {shown}")
