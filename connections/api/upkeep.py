"""Keeping a connection in use: reauthorize it, test it."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Header, Schema, Status

from connections.api.authorizations import checked_route, started
from connections.api.requests import ActorRequest
from connections.api.router import router
from connections.extensions import get_connector
from connections.models import ScopeMode
from connections.operations.check_connection import CheckResult, check_connection
from connections.operations.request_reauthorization import INHERIT, request_reauthorization
from connections.readiness import card_readiness, state_of
from connections.schemas import AuthorizationStarted, ReadinessOut, ReturnTo
from kernel.errors import as_problem


class ReauthorizationIn(Schema):
    """Without a mode, ``scopes`` are the list to ask for; without both, the list requested last."""

    scope_mode: Literal["default", "custom"] | None = None
    scopes: list[str] = []
    return_to: ReturnTo | None = None


class CheckStepOut(Schema):
    """``step`` is grant, account or mailbox, then, where there is a default service account, service_account_user,
    token_creator and the delegation of each scope; ``answer`` met, missing or could not check.
    """

    step: str
    answer: str
    problem: dict[str, Any] | None


class CheckOut(Schema):
    checked_at: datetime
    status: str
    steps: list[CheckStepOut]
    readiness: list[ReadinessOut]

    @classmethod
    def of(cls, result: CheckResult) -> "CheckOut":
        connection = result.connection
        state = state_of(connection)
        cards = get_connector(connection.connector).cards
        return cls(
            checked_at=result.checked_at,
            status=connection.status,
            steps=[
                CheckStepOut(
                    step=step.fact, answer=step.answer.value, problem=as_problem(step.error) if step.error else None
                )
                for step in (*result.steps, *result.roles)
            ],
            readiness=[ReadinessOut.of(card_readiness(state, card)) for card in cards],
        )


@router.post("/connections/{connection_id}/reauthorizations", response={201: AuthorizationStarted})
def start_reauthorization(
    request: ActorRequest,
    connection_id: UUID,
    body: ReauthorizationIn,
    idempotency_key: Annotated[str, Header(alias="Idempotency-Key", max_length=255)] = "",
) -> Status[AuthorizationStarted]:
    """Ask to repeat the consent. The person opens ``authorization_url`` in a browser, signed in as the same person."""
    mode = body.scope_mode or (ScopeMode.CUSTOM.value if body.scopes else INHERIT)
    attempt = request_reauthorization(
        request.actor,
        connection_id,
        scope_mode=mode,
        scopes=body.scopes,
        return_to=checked_route(body.return_to),
        idempotency_key=idempotency_key,
    )
    return started(attempt)


@router.post("/connections/{connection_id}/checks", response=CheckOut)
def test_connection(request: ActorRequest, connection_id: UUID) -> CheckOut:
    """Ask Google whether the connection works, reading no content; then what each card would meet."""
    return CheckOut.of(check_connection(request.actor, connection_id))
