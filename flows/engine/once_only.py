"""Send once: draft first, every step recorded before the next, and after a lost answer look before acting.

A draft can be sent only once, whatever happens between; that is what makes a second try safe. Without a
draft nothing is ever tried again unless a person says so (engine.md, Sending once).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from connections.errors import GoogleUnavailable
from flows.cards import AnswerLost, Fields, OnceOnly, Sent, StillThere, Unknown
from flows.engine.claims import record
from flows.engine.report_broken_card import report_broken_card
from flows.models import Phase, StepRun
from kernel.clock import now
from kernel.errors import ConsoleError, TryLater
from kernel.ids import new_id

STAGINGS = 2
"""A draft whose answer was lost is looked for, then made once more; at worst an unsent one is left over."""
DISPATCHES = 5
"""So often a draft that is still there is sent anew; then Google has a trouble that waiting doesn't cure."""


@dataclass(frozen=True, kw_only=True)
class Done:
    outputs: Fields
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Waits:
    """The answer is lost, and it is too early to tell what became of the request."""


@dataclass(frozen=True, kw_only=True)
class Undecided:
    """Only a person can tell."""

    reason: str


Result = Done | Waits | Undecided


@dataclass(kw_only=True)
class OnceOnlyRun:
    """One card's send, from wherever its row says it stands."""

    step: StepRun
    title: str
    send: OnceOnly[Any, Any, Any, Any]
    client: Any
    options: Fields
    inputs: Fields

    def go_on(self) -> Result:
        """The next stretch of the way.

        A running step in the phase *unknown* is one that a person told to send again: nothing has been sent
        since, however often its process died.

        :raises ConsoleError: it was certainly not sent. :raises ClaimLost: somebody else goes on with it.
        """
        match self.step.phase:
            case Phase.NONE:
                return self._start()
            case Phase.PREPARED:
                return self._after_lost_staging(self._prepare(self.step.marker))
            case Phase.STAGED:
                return self._dispatch(self._prepare(self.step.marker))
            case Phase.DISPATCHING:
                return self._look()
            case _:
                return self._send_again()

    # -------------------------------------------------------------- the way when nothing goes wrong

    def _start(self) -> Result:
        marker = new_id().hex
        return self._prepared(marker, self._prepare(marker))

    def _prepared(self, marker: str, mime: bytes) -> Result:
        record(self.step, phase=Phase.PREPARED, marker=marker, draft_id="", dispatches=0)
        return self._stage(mime) if self.send.can_stage(self.client) else self._dispatch(mime)

    def _prepare(self, marker: str) -> bytes:
        try:
            return self.send.prepare(self.client, self.options, self.inputs, marker)
        except AnswerLost as lost:
            raise GoogleUnavailable(what=self.title, reason=lost.reason) from None

    def _stage(self, mime: bytes, tries: int = STAGINGS) -> Result:
        try:
            draft_id = self.send.stage(self.client, mime)
        except AnswerLost as lost:
            if tries == 1:
                raise GoogleUnavailable(what=self.title, reason=lost.reason) from None
            return self._after_lost_staging(mime, tries - 1)
        return self._staged(draft_id, mime)

    def _after_lost_staging(self, mime: bytes, tries: int = STAGINGS) -> Result:
        """Take up the draft that was made after all; else make it anew. It was never sent, so nothing can repeat."""
        if not self.send.can_stage(self.client):
            return self._dispatch(mime)
        found: Sent[Any] | StillThere | Unknown
        try:
            found = self.send.find(self.client, None, self.step.marker)
        except (AnswerLost, TryLater) as error:
            found = Unknown(reason=str(error))
        match found:
            case Sent():
                return Done(outputs=found.outputs, note=found.note)
            case StillThere():
                return self._staged(found.draft_id, mime)
            case _:
                return self._stage(mime, tries)

    def _staged(self, draft_id: str, mime: bytes) -> Result:
        record(self.step, phase=Phase.STAGED, draft_id=draft_id)
        return self._dispatch(mime)

    def _dispatch(self, mime: bytes) -> Result:
        if self.step.dispatches >= DISPATCHES:
            reason = f"its answer was lost {DISPATCHES} times, and the message is still an unsent draft"
            record(self.step, phase=Phase.STAGED)
            raise GoogleUnavailable(what=self.title, reason=reason)
        is_repeated = self.step.dispatches > 0
        limits = settings.GMAIL_CONNECT_SECONDS + settings.GMAIL_READ_SECONDS
        record(
            self.step,
            phase=Phase.DISPATCHING,
            dispatches=self.step.dispatches + 1,
            settles_at=_settled(later=timedelta(seconds=limits)),
        )
        try:
            outputs = self.send.dispatch(self.client, self.step.draft_id or None, mime)
        except TryLater:
            self._unsent()
            raise
        except ConsoleError as error:
            if not is_repeated:
                self._unsent()
                raise
            # The earlier request may have come through since the draft was seen: then this one is refused.
            return self._look(refused=error)
        except Exception as error:  # noqa: BLE001  (a mistake in the card after Google took it is a lost answer too)
            if not isinstance(error, AnswerLost):
                report_broken_card(self.step, error)
            record(self.step, settles_at=_settled())
            return self._look()
        return Done(outputs=outputs)

    def _unsent(self) -> None:
        """Google refused it: whoever goes on need not find out what became of this try."""
        back = Phase.STAGED if self.step.draft_id else Phase.PREPARED
        record(self.step, phase=back, dispatches=self.step.dispatches - 1)

    # -------------------------------------------------------------- after a lost answer

    def _look(self, refused: ConsoleError | None = None) -> Result:
        """What became of it. ``refused`` is Google's refusal of a repeated try: final if the draft is still there."""
        try:
            found = self._find()
        except (AnswerLost, TryLater):
            record(self.step, settles_at=_settled())
            return Waits()
        except ConsoleError as error:
            return Undecided(reason=f"Google's answer was lost, and it can't be looked up: {error.cause}")
        match found:
            case Sent():
                return Done(outputs=found.outputs, note=found.note)
            case StillThere():
                return self._still_there(found.draft_id, refused)
            case _:
                return Undecided(reason=found.reason)

    def _still_there(self, draft_id: str, refused: ConsoleError | None = None) -> Result:
        is_settled = self.step.settles_at is None or self.step.settles_at <= now()
        phase = Phase.STAGED if refused or is_settled else Phase.DISPATCHING
        record(self.step, phase=phase, draft_id=draft_id)
        if refused:
            raise refused
        if not is_settled:
            return Waits()
        try:
            mime = self._prepare(self.step.marker)
        except TryLater:
            record(self.step, settles_at=_settled())
            return Waits()
        return self._dispatch(mime)

    def _find(self) -> Sent[Any] | StillThere | Unknown:
        """As the card finds it. A mistake in the card's code leaves the outcome unknown, and never sends again."""
        try:
            return self.send.find(self.client, self.step.draft_id or None, self.step.marker)
        except (AnswerLost, ConsoleError):
            raise
        except Exception as error:  # noqa: BLE001  (whatever it is, it proves nothing)
            report_broken_card(self.step, error)
            return Unknown(reason=f"Google's answer was lost, and {self.title} stopped while looking it up.")

    def _send_again(self) -> Result:
        """A person decided so. Look once more first: it may have been sent, or its draft may still be there."""
        try:
            found = self._find()
        except (AnswerLost, ConsoleError) as error:
            cause = error.cause if isinstance(error, ConsoleError) else error.reason
            return Undecided(reason=f"Nothing was sent again, since the first try can't be looked up now: {cause}")
        match found:
            case Sent():
                note = "It had been sent the first time; nothing was sent again."
                return Done(outputs=found.outputs, note=" ".join(filter(None, (note, found.note))))
            case StillThere():
                return self._still_there(found.draft_id)
            case _:
                return self._start_again()

    def _start_again(self) -> Result:
        marker = new_id().hex
        try:
            mime = self._prepare(marker)
        except ConsoleError as error:
            return Undecided(reason=f"Nothing was sent again: {error.cause}")
        return self._prepared(marker, mime)


def _settled(later: timedelta = timedelta()) -> datetime:
    """From when on a draft that is still there proves that no earlier request is at work any more."""
    return now() + later + timedelta(seconds=settings.DRAFT_SETTLE_SECONDS)
