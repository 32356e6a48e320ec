"""The four steps of a reauthorization, as far as they have come."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from connections.models import ConsentAttempt, Outcome
from kernel.errors import from_stored


@dataclass(frozen=True, kw_only=True)
class ProofStep:
    """``at`` follows the detail, where a time is part of it."""

    title: str
    tone: str
    detail: str
    at: datetime | None = None
    is_current: bool = False


def proof_steps(attempt: ConsentAttempt) -> Iterator[ProofStep]:
    """Allowed, same account, answers, switch. Only of an attempt whose grant was proven."""
    proof = attempt.proof or {}
    yield ProofStep(title="Allowed at Google", tone="ok", detail=f"By {attempt.user}", at=attempt.used_at)
    yield ProofStep(title="Same account", tone="ok", detail=str(proof["email"]))
    yield _answers(proof)
    if attempt.outcome == Outcome.STAGED:
        detail = "This step. Ends"
        yield ProofStep(title="Compare and switch", tone="run", detail=detail, at=attempt.expires_at, is_current=True)
    else:
        lost = len(proof.get("removed", ()))
        detail = "After you compared" if lost else "At once: nothing was lost"
        yield ProofStep(title="Switched", tone="ok", detail=detail)


def _answers(proof: dict[str, object]) -> ProofStep:
    if proof["error"]:
        return ProofStep(title="Answers", tone="warn", detail=from_stored(proof["error"]).title)  # type: ignore[arg-type]
    if not proof["asked"]:
        detail = "Google knows the token. No granted scope lets the mailbox be asked"
        return ProofStep(title="Answers", tone="ok", detail=detail)
    return ProofStep(title="Answers", tone="ok", detail=f"{proof['asked']} read in {proof['milliseconds']} ms")
