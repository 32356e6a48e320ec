"""Through which service account, and on whose mailbox, a card acts."""

from connections.models import Connection
from connections.requirements import Impersonation, ServiceAccountUser
from flows.cards import AnyCard, Fields
from flows.derive.field_types import counts, find_field, typed_account
from flows.derive.plain_values import plain_values
from kernel.errors import InputRejected


def impersonation_of(card: AnyCard, connection: Connection, options: Fields, inputs: Fields) -> Impersonation | None:
    """None for a card that needs no role.

    The service account is the one typed, else the one chosen, else the connection's default.

    :raises InputRejected: there is none of the three, or an address is left out where one shall be typed.
    """
    role = card.needs.role
    if role is None:
        return None
    return Impersonation(
        service_account=_service_account(card, role, connection, options, inputs),
        mailbox=_text(inputs, role.mailbox),
        scopes=role.delegated_scopes,
    )


def _service_account(
    card: AnyCard, role: ServiceAccountUser, connection: Connection, options: Fields, inputs: Fields
) -> str:
    typed = find_field(card.inputs, typed_account(card))
    if typed and counts(typed.spec, plain_values(options)):
        address = _text(inputs, typed.attribute)
        if not address:
            raise InputRejected(fields={typed.name: [f"Enter {typed.spec.label}."]})
        return address
    address = _text(options, role.service_account) or connection.default_service_account
    if not address:
        raise InputRejected(
            fields={role.service_account: [f"Choose a service account: {connection.nickname} has no default one."]}
        )
    return address


def _text(values: Fields, name: str) -> str:
    return str(getattr(values, name) or "").strip()
