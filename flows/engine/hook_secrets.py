"""The secrets of an API endpoint: the one in its address, and the one that signs deliveries."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterator
from uuid import UUID

from flows.engine.flow_secrets import PURPOSE
from flows.models import TriggerState
from vault.cipher import Context
from vault.operations.open_sealed import open_sealed
from vault.operations.seal import seal
from vault.operations.verify_sealed import SealedValue

HOOK, SIGNING = "sealed_hook", "sealed_signing"
SIGNING_PREFIX = "whsec_"
"""As Standard Webhooks writes a secret; what follows is base64."""


def new_hook() -> str:
    return secrets.token_urlsafe(32)


def new_signing() -> str:
    return f"{SIGNING_PREFIX}{base64.b64encode(secrets.token_bytes(32)).decode()}"


def digest_of(hook: str) -> str:
    """What is looked up: of the secret itself nothing is kept in clear. It is random, so no salt is needed."""
    return hashlib.sha256(hook.encode()).hexdigest()


def sealed(flow_id: UUID, field: str, text: str) -> bytes:
    return seal(purpose=PURPOSE, owner=flow_id, context=_context(flow_id, field), plaintext=text.encode())


def opened(state: TriggerState, field: str) -> str:
    """In clear; empty where there is none. :raises VaultFailure:"""
    value = getattr(state, field)
    if not value:
        return ""
    context = _context(state.flow_id, field)
    return open_sealed(purpose=PURPOSE, owner=state.flow_id, context=context, sealed=bytes(value)).decode()


def sealed_hooks() -> Iterator[SealedValue]:
    """All that is kept of API endpoints sealed, for the vault's verification."""
    for state in TriggerState.objects.order_by("pk").iterator():
        for field in (HOOK, SIGNING):
            value = getattr(state, field)
            if value:
                yield SealedValue(owner=state.flow_id, context=_context(state.flow_id, field), sealed=bytes(value))


def is_signed(secret: str, content: bytes, signatures: str) -> bool:
    """Whether one of the signatures, ``v1,<base64>`` each, is the HMAC-SHA256 of the content (Standard Webhooks)."""
    key = base64.b64decode(secret.removeprefix(SIGNING_PREFIX))
    wanted = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest())
    given = (each.partition(",") for each in signatures.split())
    return any(version == "v1" and hmac.compare_digest(text.encode(), wanted) for version, _comma, text in given)


def _context(flow_id: UUID, field: str) -> Context:
    return Context(
        table="flows_triggerstate",
        row=str(flow_id),
        field=field,
        purpose=PURPOSE,
        connector="",
        subject=str(flow_id),
        version=1,
    )
