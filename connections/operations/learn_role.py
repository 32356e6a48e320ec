"""Ask Google what the connected person may do through a service account, and keep what it says as facts."""

from dataclasses import replace
from functools import partial

from django.db import transaction

from access.actor import Actor
from connections.extensions import TokenSource, get_connector
from connections.google.cloud import held_permissions, unique_id
from connections.google.delegation import Delegated, delegated_token
from connections.models import Connection, Fact
from connections.operations.get_access_token import get_access_token
from connections.operations.settle_status import settle_status
from connections.readiness import (
    ACT_AS,
    SIGN_JWT,
    Answer,
    Known,
    RoleFacts,
    delegated_scopes,
    require_cloud,
    role_fact_name,
    state_of,
)
from connections.requirements import Impersonation
from connections.role_errors import DelegationMissing, RoleUnknown, ServiceAccountUserMissing, TokenCreatorMissing
from kernel.clock import now
from kernel.errors import ConsoleError, ReauthorizationNeeded, Retry, TryLater, to_stored

IAM, TOKEN_ENDPOINT = "IAM API", "token endpoint"


def learn_roles(connection: Connection) -> RoleFacts:
    """Learn both roles on the default service account, then its delegation where it can be signed for.

    Nothing is asked where the account isn't a Workspace one or ``cloud-platform`` isn't granted.
    """
    account = connection.default_service_account
    try:
        require_cloud(state_of(connection))
    except ConsoleError:
        return RoleFacts(service_account=account)
    facts = learn_permissions(connection, account)
    if facts.permissions[SIGN_JWT].answer is Answer.MET:
        return replace(facts, delegation=learn_delegation(connection, account))
    return facts


def learn_permissions(connection: Connection, service_account: str) -> RoleFacts:
    """Ask for both roles in one call, and keep the answers.

    :raises ReauthorizationNeeded: the person's own grant has ended; nothing is learned about the roles.
    """
    email = connection.account_email
    try:
        held = held_permissions(_tokens(connection), email, service_account, (ACT_AS, SIGN_JWT))
    except ReauthorizationNeeded:
        raise
    except ConsoleError as error:
        unknown = _known(Answer.UNKNOWN, could_not_check(error, email, service_account))
        known = {ACT_AS: unknown, SIGN_JWT: unknown}
    else:
        missing: dict[str, ConsoleError] = {
            ACT_AS: ServiceAccountUserMissing(email=email, service_account=service_account),
            SIGN_JWT: TokenCreatorMissing(email=email, service_account=service_account),
        }
        known = {
            name: _known(Answer.MET) if name in held else _known(Answer.MISSING, finding)
            for name, finding in missing.items()
        }
    keep(connection, service_account, known, IAM)
    return RoleFacts(service_account=service_account, permissions=known)


def learn_delegation(connection: Connection, service_account: str) -> dict[str, Known]:
    """Ask for a token of each scope that the connector's cards delegate, on the connection's own mailbox."""
    scopes = delegated_scopes(get_connector(connection.connector))
    of = Impersonation(service_account=service_account, mailbox=connection.account_email, scopes=scopes)
    client_id = _client_id(connection, of)
    if client_id:
        Fact.objects.update_or_create(
            connection=connection,
            name=client_id_fact(service_account),
            defaults={"value": client_id, "learned_at": now(), "source": IAM},
        )
    known = {scope: _delegated(connection, replace(of, scopes=(scope,)), client_id, scopes) for scope in scopes}
    keep(connection, service_account, known, TOKEN_ENDPOINT)
    return known


def client_id_fact(service_account: str) -> str:
    """The name of the fact that keeps the number which domain-wide delegation knows an account by."""
    return f"client_id {service_account}"


def _delegated(connection: Connection, of: Impersonation, client_id: str, all_scopes: tuple[str, ...]) -> Known:
    try:
        delegated_token(_tokens(connection), connection.account_email, of)
    except DelegationMissing as error:
        return _known(Answer.MISSING, replace(error, client_id=client_id, scopes=list(all_scopes)))
    except ReauthorizationNeeded:
        raise
    except ConsoleError as error:
        return _known(Answer.UNKNOWN, could_not_check(error, connection.account_email, of.service_account))
    return _known(Answer.MET)


def minted(connection: Connection, of: Impersonation) -> Delegated:
    """A delegated token; a missing delegation says which scope it is that lacks.

    Google refuses all scopes for the sake of one, without naming it (google-facts.md 4): each is asked for alone.
    """
    try:
        return delegated_token(_tokens(connection), connection.account_email, of)
    except DelegationMissing as error:
        missing = [scope for scope in of.scopes if len(of.scopes) > 1 and _is_refused(connection, of, scope)]
        refusal = replace(
            error,
            missing=missing or list(of.scopes),
            client_id=_client_id(connection, of),
            scopes=_to_paste(connection, of),
        )
    raise refusal


def _to_paste(connection: Connection, of: Impersonation) -> list[str]:
    """The scopes of every card: in the Admin console a list is entered anew as a whole."""
    return sorted({*of.scopes, *delegated_scopes(get_connector(connection.connector))})


def _is_refused(connection: Connection, of: Impersonation, scope: str) -> bool:
    try:
        delegated_token(_tokens(connection), connection.account_email, replace(of, scopes=(scope,)))
    except DelegationMissing:
        return True
    except ConsoleError:
        return False
    return False


def _client_id(connection: Connection, of: Impersonation) -> str:
    """What there is to paste into the Admin console; empty where the person may not read it."""
    try:
        return unique_id(_tokens(connection), connection.account_email, of.service_account)
    except ConsoleError:
        return ""


def could_not_check(error: ConsoleError, email: str, service_account: str) -> ConsoleError:
    """A passing failure says that nothing was learned about the role; what a person can mend says so itself."""
    if not isinstance(error, TryLater) and error.retry is not Retry.LATER:
        return error
    reason = error.data.get("reason") or error.title
    return RoleUnknown(
        email=email, service_account=service_account, reason=str(reason), retry_at=error.data.get("retry_at")
    )


def keep(connection: Connection, service_account: str, known: dict[str, Known], source: str) -> None:
    """Write the facts, and derive the status anew where they are about the default service account."""
    with transaction.atomic():
        row = Connection.objects.select_for_update().filter(pk=connection.pk, deleted_at=None).first()
        if row is None:
            return
        for about, each in known.items():
            value = {"answer": each.answer.value, "error": to_stored(each.finding) if each.finding else None}
            Fact.objects.update_or_create(
                connection=row,
                name=role_fact_name(service_account, about),
                defaults={"value": value, "learned_at": each.learned_at, "source": source},
            )
        if row.default_service_account == service_account:
            settle_status(Actor.console(), row)


def _known(answer: Answer, finding: ConsoleError | None = None) -> Known:
    return Known(answer=answer, learned_at=now(), finding=finding)


def _tokens(connection: Connection) -> TokenSource:
    return partial(get_access_token, connection)
