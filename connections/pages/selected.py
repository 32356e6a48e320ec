"""Several connections at once: first what it would do to each and who may, then do it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from access.actor import Actor, actor_of
from access.reauthentication import require_fresh
from connections.errors import TooManyStarts
from connections.impact import Impact, impact_of
from connections.models import Connection, RevocationState
from connections.operations.check_connection import CheckResult, check_connection
from connections.operations.delete_connection import delete_connection
from connections.operations.pause_connection import pause_connection
from connections.operations.resume_connection import resume_connection
from connections.queries import visible_connections
from connections.rights import Rights, rights_by_id
from kernel.errors import ConsoleError, InputRejected

MOST_SELECTED = 200
IN_USE = "It is in use. Delete it by itself, with its nickname typed."


@dataclass(frozen=True, kw_only=True)
class Selected:
    """One of those selected. ``left_out`` says why nothing will happen to it, empty when something will."""

    connection: Connection
    impact: Impact
    left_out: str

    @property
    def is_in_use(self) -> bool:
        """Whether only its uses keep it from being deleted along with others."""
        return self.left_out == IN_USE


@dataclass(frozen=True, kw_only=True)
class Action:
    """``carry_out`` does it to all and says how it went. ``about`` says beforehand what it means."""

    verb: str
    done: str
    about: str
    icon: str
    tone: str
    left_out: Callable[[Connection, Rights, Impact], str]
    carry_out: Callable[[Actor, list[Connection]], str]


def _not_to_pause(connection: Connection, rights: Rights, _impact: Impact) -> str:
    if not rights.pause:
        return "You may not pause it."
    return "It is paused already." if connection.paused_at else ""


def _not_to_resume(connection: Connection, rights: Rights, _impact: Impact) -> str:
    if not rights.pause:
        return "You may not resume it."
    return "" if connection.paused_at else "It isn’t paused."


def _not_to_delete(_connection: Connection, rights: Rights, impact: Impact) -> str:
    if not rights.delete:
        return "You may not delete it."
    return IN_USE if impact.uses else ""


def _count(number: int) -> str:
    return "1 connection is" if number == 1 else f"{number} connections are"


def _pause(actor: Actor, connections: list[Connection]) -> str:
    for each in connections:
        pause_connection(actor, each.pk)
    return f"{_count(len(connections))} paused."


def _resume(actor: Actor, connections: list[Connection]) -> str:
    for each in connections:
        resume_connection(actor, each.pk)
    return f"{_count(len(connections))} resumed."


def _delete(actor: Actor, connections: list[Connection]) -> str:
    """Once Google doesn't answer, the other grants are left to the worker, or each would be waited for."""
    states: list[str] = []
    for each in connections:
        answers = RevocationState.WAITING not in states
        states.append(delete_connection(actor, each.pk, tells_google=answers).state)
    parts = [f"{_count(len(connections))} deleted, and their tokens destroyed."]
    parts += [
        sentence.format(count=states.count(state))
        for state, sentence in (
            (RevocationState.REVOKED, "Revoked at Google: {count}."),
            (RevocationState.KEPT, "Kept there for other connections: {count}."),
            (RevocationState.WAITING, "Waiting for Google: {count}."),
            (RevocationState.NO_TOKEN, "Not revoked, since no token opened: {count}."),
        )
        if state in states
    ]
    return " ".join(parts)


def _not_to_test(_connection: Connection, rights: Rights, _impact: Impact) -> str:
    return "" if rights.check else "You may not test it."


def _test(actor: Actor, connections: list[Connection]) -> str:
    """As many as a person may test in a minute; the others are named, so that they can be tested later."""
    tested: list[CheckResult] = []
    too_many = ""
    for each in connections:
        try:
            tested.append(check_connection(actor, each.pk))
        except TooManyStarts as error:
            left = ", ".join(each.nickname for each in connections[len(tested) :])
            too_many = f"{error.cause} {error.remedy} Not tested: {left}."
            break
    troubled = [each.connection.nickname for each in tested if not each.is_fine]
    findings = f"With findings: {', '.join(troubled)}." if troubled else "All of them work." if tested else ""
    parts = [f"{_count(len(tested))} tested." if tested else "", findings, too_many]
    return " ".join(filter(None, parts))


ACTIONS = {
    "test": Action(
        verb="Test",
        done="tested",
        about="Google is asked whether each grant works and what it holds. No mail is read.",
        icon="ok",
        tone="ok",
        left_out=_not_to_test,
        carry_out=_test,
    ),
    "pause": Action(
        verb="Pause",
        done="paused",
        about="While they are paused nothing uses them. Their grants at Google stay.",
        icon="paused",
        tone="ok",
        left_out=_not_to_pause,
        carry_out=_pause,
    ),
    "resume": Action(
        verb="Resume",
        done="resumed",
        about="They can be used again at once.",
        icon="run",
        tone="ok",
        left_out=_not_to_resume,
        carry_out=_resume,
    ),
    "delete": Action(
        verb="Delete",
        done="deleted",
        about="Their tokens are destroyed at once. This can’t be undone.",
        icon="trash",
        tone="bad",
        left_out=_not_to_delete,
        carry_out=_delete,
    ),
}


@login_required
@require_http_methods(["GET", "POST"])
def selected(request: HttpRequest) -> HttpResponse:
    """The preflight, and on POST what it announced. What changed meanwhile is looked at again before."""
    actor = actor_of(request)
    given = request.POST if request.method == "POST" else request.GET
    name = given.get("action", "")
    if name not in ACTIONS:
        raise InputRejected(fields={"action": [f"Choose one of {', '.join(ACTIONS)}."]})
    if name == "delete":
        detour = require_fresh(request)
        if detour:
            return detour
    action = ACTIONS[name]
    rows = _rows(actor, action, given)
    to_do = [each.connection for each in rows if not each.left_out]
    if request.method == "POST" and to_do:
        try:
            messages.info(request, action.carry_out(actor, to_do))
        except ConsoleError as error:  # somebody was faster with one of them; those before it are done
            messages.info(request, f"{error.title}. {error.cause} The connections before it are {action.done}.")
        return redirect("connections")
    context = {"action": action, "name": name, "rows": rows, "to_do": to_do}
    return render(request, "connections/selected.html", context)


def _rows(actor: Actor, action: Action, given: QueryDict) -> list[Selected]:
    """Those selected that the actor sees, in the order of their names; siblings that go along don't count."""
    connections = visible_connections(actor, _ids(given.getlist("id")))
    rights = rights_by_id(actor, connections)
    rows = []
    for each in connections:
        impact = impact_of(actor, each)
        left_out = action.left_out(each, rights[each.pk], impact)
        rows.append(Selected(connection=each, impact=impact, left_out=left_out))
    going = {each.connection.pk for each in rows if not each.left_out}
    return [replace(each, impact=_without(each.impact, going)) for each in rows]


def _without(impact: Impact, going: set[UUID]) -> Impact:
    return replace(impact, siblings=tuple(each for each in impact.siblings if each.pk not in going))


def _ids(given: list[str]) -> list[UUID]:
    """:raises InputRejected: none is given, too many are, or something that is none."""
    try:
        ids = [UUID(each) for each in dict.fromkeys(given)]
    except ValueError:
        raise InputRejected(fields={"id": ["Select connections in the list."]}) from None
    if not 0 < len(ids) <= MOST_SELECTED:
        raise InputRejected(fields={"id": [f"Select between 1 and {MOST_SELECTED} connections."]})
    return ids
