"""Cards, and running one by itself."""

from typing import Annotated
from uuid import UUID

from ninja import Header, Status

from connections.api.requests import ActorRequest
from flows.api.router import router
from flows.catalog import all_declarations, find_declaration, get_card
from flows.derive.field_types import field_types
from flows.errors import RunProblem
from flows.models import RunState
from flows.operations.list_choices import list_choices
from flows.operations.run_card import run_card
from flows.queries import run_details
from flows.schemas import CardDetails, CardOut, CardRunIn, CardRunOut, ChoicesOut, RunUnderWay


@router.get("/cards", response=list[CardOut])
def list_cards(request: ActorRequest) -> list[CardOut]:  # noqa: ARG001  (ninja's signature)
    """Every action card of every connector, then every event."""
    return [CardOut.of(card) for card in all_declarations()]


@router.get("/cards/{key}", response=CardDetails)
def show_card(request: ActorRequest, key: str) -> CardOut:  # noqa: ARG001  (ninja's signature)
    """One card or event, with JSON Schemas of its options, inputs and outputs."""
    return CardDetails.of(find_declaration(key))


@router.get("/cards/{key}/options/{option}", response=ChoicesOut)
def show_choices(request: ActorRequest, key: str, option: str, connection: UUID) -> ChoicesOut:
    """What Google offers for an option that has ``x-choices-from``, as that connection sees it.

    What is chosen in the card's other options so far is given by name: ``&project=payroll-automation``. Where
    Google couldn't be asked, ``finding`` says why.
    """
    chosen = {each.name: request.GET.get(each.name, "") for each in field_types(get_card(key).options)}
    return ChoicesOut.of(
        list_choices(request.actor, card_key=key, option=option, connection_id=connection, chosen=chosen)
    )


@router.post("/cards/{key}/runs", response={200: CardRunOut, 202: RunUnderWay})
def start_card_run(
    request: ActorRequest,
    key: str,
    body: CardRunIn,
    idempotency_key: Annotated[str, Header(alias="Idempotency-Key", max_length=255)] = "",
) -> Status[CardRunOut | RunUnderWay]:
    """Run the card. What it meets comes back as a problem that names the ``run``.

    202 says that Google's answer was lost and is being looked for. A repeated request with the same
    ``Idempotency-Key`` starts nothing: it answers for the run that the key started.
    """
    run = run_card(
        request.actor,
        card_key=key,
        connection_id=body.connection,
        options=body.options,
        inputs=body.inputs,
        idempotency_key=idempotency_key,
    )
    details = run_details(request.actor, run)
    if details.error:
        raise RunProblem(details.error, run.pk)
    if run.state != RunState.COMPLETED:
        return Status(202, RunUnderWay(run=run.pk, checked_at=details.checked_at))
    return Status(200, CardRunOut(run=run.pk, outputs=details.outputs or {}, note=details.step.note))
