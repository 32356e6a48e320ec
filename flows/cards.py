"""What a card is: one declaration, from which form, checks, readiness grid, API and docs come.

A card is a module with ``Options``, ``Inputs``, ``Outputs`` and ``card``. Its functions see a client,
options and inputs; never a request, a row, a token, a retry or a permission test. Those are around them.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeVar, dataclass_transform

from connections.extensions import CardKind
from connections.requirements import Requirements
from kernel.errors import OutcomeUnknown

SPEC = "spec"


@dataclass(frozen=True, kw_only=True)
class FieldSpec:
    """What a form, a schema and the docs need to know of a field beyond its type.

    ``when`` maps the name of an option to the value for which this field counts.
    ``multiline`` asks for a box of several lines; ``secret`` fields are never shown back. ``heading`` marks the
    texts that stand for their object where a list of objects is folded. ``between`` are a number's least and most,
    ``most_bytes`` the size of a file. ``file_name_in`` is the field beside a file that takes the file's own name
    where a person leaves it blank. ``choices_from`` names the source of a text's choices (:mod:`flows.choices`).
    ``takes_any`` lets an output of any type be the whole value, ``prints_lists`` lets a list stand within a text, one
    item a line: of function cards alone.
    """

    label: str
    help: str = ""
    when: Mapping[str, str] = dataclasses.field(default_factory=dict)
    secret: bool = False
    multiline: bool = False
    heading: bool = False
    between: tuple[int, int] | None = None
    most_bytes: int = 0
    file_name_in: str = ""
    choices_from: str = ""
    takes_any: bool = False
    prints_lists: bool = False


def field(
    label: str,
    *,
    help: str = "",  # noqa: A002  (the word on the page)
    when: Mapping[str, str] | None = None,
    secret: bool = False,
    multiline: bool = False,
    heading: bool = False,
    between: tuple[int, int] | None = None,
    most_bytes: int = 0,
    file_name_in: str = "",
    choices_from: str = "",
    takes_any: bool = False,
    prints_lists: bool = False,
    default: Any = MISSING,
) -> Any:
    """One field of a card. Without a default it is required.

    Its name on the wire is the attribute's, without the underscore that a reserved word needs: ``from_``.
    """
    spec = FieldSpec(
        label=label,
        help=help,
        when=when or {},
        secret=secret,
        multiline=multiline,
        heading=heading,
        between=between,
        most_bytes=most_bytes,
        file_name_in=file_name_in,
        choices_from=choices_from,
        takes_any=takes_any,
        prints_lists=prints_lists,
    )
    return dataclasses.field(default=default, metadata={SPEC: spec})


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
class Fields:
    """Base of ``Options``, ``Inputs`` and ``Outputs``: a subclass becomes a frozen, keyword-only dataclass.

    Types a field may have: ``str``, ``bool``, ``int``, ``datetime``, ``bytes`` (what is in a file),
    ``tuple[str, ...]`` (a list of texts), a ``StrEnum`` (a choice), another ``Fields`` (an object),
    ``tuple[<Fields>, ...]`` (a list of objects), ``Mapping[str, Any]`` (any JSON object), and each of them
    ``| None``.
    """

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True, kw_only=True)(cls)


class NoFields(Fields):
    """A card without options, inputs or outputs."""


class Effect(StrEnum):
    """What a card does at Google. It decides what may be repeated: a CALL where its ``lost`` says so."""

    READ = "read"
    SET_STATE = "set_state"
    SEND = "send"
    CALL = "call"


class AnswerLost(Exception):
    """A request may have been carried out: it left, and no usable answer came back.

    Raised by a connector's client and read by the runner. ``reason`` holds nothing of the answer.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


C = TypeVar("C")
O = TypeVar("O", bound=Fields)  # noqa: E741  (options, beside inputs and results)
I = TypeVar("I", bound=Fields)  # noqa: E741
R = TypeVar("R", bound=Fields)


@dataclass(frozen=True, kw_only=True)
class Noted(Generic[R]):
    """Outputs with something to say beside them, in a sentence or two: what a ``run`` may give in their place."""

    outputs: R
    note: str


@dataclass(frozen=True, kw_only=True)
class Sent(Generic[R]):
    """It left. ``note`` says what could not be read back, where something couldn't."""

    outputs: R
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class StillThere:
    """It has not left: this draft waits to be sent."""

    draft_id: str


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """Nobody can tell. ``reason`` is a sentence for a person."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class OnceOnly(Generic[C, O, I, R]):
    """A send in four steps, between which the runner records how far it came (engine.md, Sending once).

    ``prepare`` only reads. ``can_stage`` says whether the grant allows drafts; without, ``stage`` is left out
    and ``dispatch`` gets None for the draft. ``find`` looks for what became of it after a lost answer: by draft,
    or by the marker when no draft is known.

    All but ``can_stage`` raise :class:`AnswerLost` when the answer was lost, a ConsoleError when Google refused,
    and ``TryLater`` only when the request provably wasn't carried out.
    """

    prepare: Callable[[C, O, I, str], bytes]
    can_stage: Callable[[C], bool]
    stage: Callable[[C, bytes], str]
    dispatch: Callable[[C, str | None, bytes], R]
    find: Callable[[C, str | None, str], Sent[R] | StillThere | Unknown]


@dataclass(frozen=True, kw_only=True, eq=False)
class Card(Generic[C, O, I, R]):
    """One action card. Exactly one of ``run`` and ``send`` is given; ``send`` goes with ``Effect.SEND``.

    ``quota_units`` are what one run costs at Google. ``outputs`` may differ by an option: then it maps the
    value of ``outputs_by`` to a class. ``longest`` is how long one run may take, where a few minutes don't do:
    before that it isn't taken for one whose process died. ``needs_of`` gives what a card needs whose scopes follow
    from what was entered; ``needs`` then is what every run of it needs. ``lost`` goes with ``Effect.CALL``: what a
    request is whose answer is lost, for a reason that ends a sentence; None where asking again does no harm.
    """

    key: str
    title: str
    summary: str
    effect: Effect
    quota_units: int
    needs: Requirements
    options: type[O]
    inputs: type[I]
    outputs: type[R] | Mapping[str, type[R]]
    outputs_by: str = ""
    run: Callable[[C, O, I], R | Noted[R]] | None = None
    send: OnceOnly[C, O, I, R] | None = None
    notes: str = ""
    longest: timedelta = timedelta()
    needs_of: Callable[[O, I], Requirements] | None = None
    lost: Callable[[O, I, str], OutcomeUnknown | None] | None = None
    kind: ClassVar[CardKind] = CardKind.ACTION

    def __post_init__(self) -> None:
        if (self.run is None) == (self.send is None) or (self.send is None) == (self.effect is Effect.SEND):
            message = f"{self.key}: a SEND card has send, every other one has run"
            raise TypeError(message)
        if (self.lost is None) == (self.effect is Effect.CALL):
            raise TypeError(f"{self.key}: a CALL card says what a lost answer means, and no other one does")


@dataclass(frozen=True, kw_only=True, eq=False)
class Item:
    """One thing that happened. ``key`` is the same whenever it is seen again; ``data`` is what ``read`` needs of it."""

    key: str
    data: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class News:
    """What happened since a cursor, and the cursor to ask with next."""

    cursor: Mapping[str, Any]
    items: tuple[Item, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Event(Generic[C, O, R]):
    """One event card, which starts a flow: what it asks of a connection, what it takes and gives.

    ``poll`` looks for news since the cursor that it gave last. Of the first time that holds ``began`` alone, since when
    the flow is on, in seconds since 1970: what happened before is no news. Each starts a run, in which ``read`` gives
    the outputs. Both only read, and raise as a card's ``run`` does. ``quota_units`` are what looking for news once
    costs at Google.
    """

    key: str
    title: str
    summary: str
    quota_units: int
    needs: Requirements
    options: type[O]
    outputs: type[R]
    poll: Callable[[C, O, Mapping[str, Any]], News]
    read: Callable[[C, O, Mapping[str, Any]], R]
    notes: str = ""
    kind: ClassVar[CardKind] = CardKind.EVENT


@dataclass(frozen=True, kw_only=True)
class Block:
    """A place for cards within a function card. ``outputs`` are given to the cards in it, and to no other."""

    name: str
    title: str
    outputs: type[Fields] = NoFields


@dataclass(frozen=True, kw_only=True, eq=False)
class Function:
    """A card of the console itself, without a connection. The engine knows what each does."""

    key: str
    title: str
    summary: str
    inputs: type[Fields]
    outputs: type[Fields] = NoFields
    options: type[Fields] = NoFields
    blocks: tuple[Block, ...] = ()
    notes: str = ""
    kind: ClassVar[CardKind] = CardKind.FUNCTION


AnyCard = Card[Any, Any, Any, Any]
AnyEvent = Event[Any, Any, Any]
