"""Secret values of a flow's cards, sealed under the flow's data key. A definition holds their ids."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from flows.cards import Fields
from flows.derive.field_types import Kind, field_types
from flows.models import FlowSecret
from kernel.ids import new_id
from vault.cipher import Context
from vault.operations.open_sealed import open_sealed
from vault.operations.seal import seal
from vault.operations.verify_sealed import SealedValue

PURPOSE = "flow"


def _context(secret_id: UUID, flow_id: UUID) -> Context:
    return Context(
        table="flows_flowsecret",
        row=str(secret_id),
        field="sealed",
        purpose=PURPOSE,
        connector="",
        subject=str(flow_id),
        version=1,
    )


def seal_secret(flow_id: UUID, text: str) -> UUID:
    """Keep the text. The id goes into the definition."""
    secret_id = new_id()
    sealed = seal(purpose=PURPOSE, owner=flow_id, context=_context(secret_id, flow_id), plaintext=text.encode())
    FlowSecret.objects.create(id=secret_id, flow_id=flow_id, sealed=sealed)
    return secret_id


def open_secret(flow_id: UUID, secret_id: UUID) -> str:
    """The text in clear; empty where the flow has no such secret. :raises VaultFailure:"""
    secret = FlowSecret.objects.filter(pk=secret_id, flow_id=flow_id).first()
    if secret is None:
        return ""
    context = _context(secret.pk, flow_id)
    return open_sealed(purpose=PURPOSE, owner=flow_id, context=context, sealed=bytes(secret.sealed)).decode()


def sealed_secrets() -> Iterator[SealedValue]:
    """All that flows keep sealed, for the vault's verification."""
    for secret in FlowSecret.objects.order_by("pk").iterator():
        context = _context(secret.pk, secret.flow_id)
        yield SealedValue(owner=secret.flow_id, context=context, sealed=bytes(secret.sealed))


def with_open_secrets(flow_id: UUID | None, cls: type[Fields], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with each secret in clear."""
    opened = dict(values)
    for declared in field_types(cls):
        value = values.get(declared.name)
        if declared.kind is Kind.OBJECT and isinstance(value, Mapping):
            opened[declared.name] = with_open_secrets(flow_id, declared.inner, value)
        elif declared.spec.secret and isinstance(value, Mapping) and flow_id:
            opened[declared.name] = open_secret(flow_id, UUID(str(value.get("secret"))))
    return opened
