"""Options whose choices Google knows, as *Test this card* draws them: before Google is asked, and after.

The page comes first, with what can be chosen anyway; the lists are asked for by a request of their own, so that
nobody waits for them. An option may depend on one before it: a project has service accounts.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from access.actor import Actor
from connections.models import Connection
from flows.cards import AnyCard
from flows.derive.form_fields import FormField
from flows.operations.list_choices import list_choices
from kernel.errors import ConsoleError

LISTED_FOR = "listed_for-"
"""Before an option's name: for which choice before it the page has listed its own."""
_DEFAULTS = {"projects": "default_project", "service_accounts": "default_service_account"}


@dataclass(frozen=True, kw_only=True)
class ListedOption:
    """One of them. ``empty`` says what leaving it empty means, ``first`` what has to be chosen before.

    The last of them isn't ``is_optional`` where the connection has no default for it.

    ``leads`` says that others follow from it; ``follows`` is the choice that this one's are listed for. ``listed``
    is how many Google listed, None before it was asked; ``otherwise`` how to name one that it didn't.
    """

    field: FormField
    choices: tuple[tuple[str, str], ...]
    empty: str
    is_optional: bool
    leads: bool
    follows: str = ""
    first: str = ""
    otherwise: str = ""
    listed: int | None = None
    is_cut: bool = False
    finding: ConsoleError | None = None

    @property
    def is_entered(self) -> bool:
        """One of the choices that are there anyway is taken: what would follow from it is entered instead."""
        return self.field.value in dict(self.field.choices)


def unlisted(fields: Sequence[FormField], connection: Connection | None) -> tuple[ListedOption, ...]:
    """The options before Google is asked: with their defaults, what was chosen, and what can be chosen anyway."""
    return tuple(_until_entered(_drawn(fields, at, connection) for at in range(len(fields))))


def listed(
    actor: Actor,
    card: AnyCard,
    connection: Connection,
    fields: Sequence[FormField],
    sent: Mapping[str, Sequence[str]],
    *,
    after: str = "",
) -> tuple[ListedOption, ...]:
    """The options with what Google lists. With ``after`` only those that follow from the option of that name."""
    names = [each.name for each in fields]
    start = names.index(after) + 1 if after in names else 0
    settled = list(fields)
    found: list[ListedOption] = []
    for at in range(len(fields)):
        chosen = {each.name: each.value for each in settled[:at]}
        follows = settled[at - 1].value if at else ""
        if at and sent.get(f"{LISTED_FOR}{names[at]}", [follows])[0] != follows:
            settled[at] = replace(settled[at], value="")  # chosen among those of another project
        drawn = _drawn(settled, at, connection)
        if at >= start:
            if not drawn.first:
                drawn = _asked(actor, card, connection, drawn, chosen)
            elif found and found[-1].finding:
                drawn = replace(drawn, first="")  # there is nothing to choose it from
            found.append(drawn)
        if drawn.is_entered:
            break
    return tuple(found)


def list_words(options: Sequence[ListedOption]) -> str:
    """The words of the button that asks for the lists without a script."""
    names = [each.field.choices_from.replace("_", " ") for each in options]
    if len(options) > 1 and options[0].listed is not None:
        return f"Show {names[-1]} for this {options[0].field.label}"
    return f"List {' and '.join(names)}"


def _until_entered(options: Iterable[ListedOption]) -> Iterator[ListedOption]:
    for each in options:
        yield each
        if each.is_entered:
            return


def _drawn(fields: Sequence[FormField], at: int, connection: Connection | None) -> ListedOption:
    field = fields[at]
    before = fields[at - 1] if at else None
    needs_choice = before and not before.value and connection and not _default(before, connection)
    default = _default(field, connection) if connection else ""
    return ListedOption(
        field=field,
        choices=_with_value(field.choices, field.value),
        empty=f"Default: {default}" if default else "Choose…" if connection else "The connection’s default",
        is_optional=not field.is_required and bool(default or at + 1 < len(fields) or connection is None),
        leads=at + 1 < len(fields),
        follows=before.value if before else "",
        first=before.label if before and needs_choice else "",
        otherwise=next((f"{words} under {each.label}" for each in fields for _value, words in each.choices), ""),
    )


def _default(field: FormField, connection: Connection) -> str:
    return str(getattr(connection, _DEFAULTS.get(field.choices_from, ""), ""))


def _asked(
    actor: Actor, card: AnyCard, connection: Connection, option: ListedOption, chosen: Mapping[str, str]
) -> ListedOption:
    given = list_choices(actor, card_key=card.key, option=option.field.name, connection_id=connection.pk, chosen=chosen)
    anyway = dict(option.field.choices)
    items = {each.value: each.label for each in given.items}
    return replace(
        option,
        choices=_with_value(tuple({**items, **anyway}.items()), option.field.value),
        listed=len(items.keys() - anyway.keys()),
        is_cut=given.is_cut,
        finding=given.finding,
    )


def _with_value(choices: tuple[tuple[str, str], ...], value: str) -> tuple[tuple[str, str], ...]:
    """What was chosen stays to be chosen, whether it is listed or not."""
    return choices if not value or value in dict(choices) else ((value, value), *choices)
