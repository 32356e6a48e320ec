"""What the last test of a connection learned, as its page shows it."""

from dataclasses import dataclass

from connections.models import Connection, Fact
from connections.operations.check_connection import ACCOUNT, GRANT, MAILBOX
from connections.readiness import Answer
from kernel.errors import from_stored

# The order in which a test asks.
TITLES = {GRANT: "Grant", ACCOUNT: "Token and account", MAILBOX: "Mailbox"}
WORDS = {Answer.MET: "works", Answer.MISSING: "doesn’t work", Answer.UNKNOWN: "could not check"}
LOOKS = {Answer.MET: ("ok", "ok"), Answer.MISSING: ("bad", "bad"), Answer.UNKNOWN: ("idle", "unknown")}
FINE = {
    GRANT: "Google gave a new access token.",
    ACCOUNT: "Google says that the token is this account’s.",
    MAILBOX: "Gmail gave the mailbox’s profile. No mail was read.",
}
NOT_ASKED = {MAILBOX: "No granted scope lets Gmail be asked without using it."}


@dataclass(frozen=True, kw_only=True)
class TestedThing:
    title: str
    answer: str
    tone: str
    icon: str
    detail: str


def last_test(connection: Connection) -> tuple[TestedThing, ...]:
    """One row for each thing that was tested; none when it never was."""
    facts = {fact.name: fact for fact in connection.facts.filter(name__in=TITLES)}
    is_grant_fine = GRANT in facts and facts[GRANT].value["answer"] == Answer.MET
    return tuple(_row(facts[name], is_grant_fine) for name in TITLES if name in facts)


def _row(fact: Fact, is_grant_fine: bool) -> TestedThing:
    answer = Answer(fact.value["answer"])
    tone, icon = LOOKS[answer]
    error = from_stored(fact.value["error"]) if fact.value["error"] else None
    if error:
        detail = error.cause
    elif answer == Answer.MET:
        detail = FINE[fact.name]
    else:
        detail = NOT_ASKED.get(fact.name, "") if is_grant_fine else "The step before it failed."
    return TestedThing(title=TITLES[fact.name], answer=WORDS[answer], tone=tone, icon=icon, detail=detail)
