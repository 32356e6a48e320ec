"""``docs/cards.md``: every card in words, from its declaration."""

from collections.abc import Iterable, Iterator

from connections.extensions import short_scope
from flows.cards import AnyCard, AnyEvent, Effect, Event, Fields
from flows.derive.field_types import FieldType, Kind, field_types, output_classes

EFFECTS = {
    Effect.READ: "reads",
    Effect.SET_STATE: "sets a state; doing it twice changes nothing more",
    Effect.CALL: "follows from the request; what may have been carried out is never repeated without a word",
    Effect.SEND: "sends; exactly once where the grant allows drafts, and never twice without a word",
}
_KINDS = {
    Kind.TEXT: "text",
    Kind.NUMBER: "number",
    Kind.BOOLEAN: "yes or no",
    Kind.DATETIME: "date and time",
    Kind.FILE: 'file as base64, or `{"text": "…"}`',
    Kind.LIST: "list",
    Kind.OBJECTS: "list of objects",
    Kind.OBJECT: "object",
    Kind.JSON: "any JSON object",
}


def cards_page(cards: Iterable[AnyCard | AnyEvent]) -> str:
    """The whole page, as Markdown."""
    lines = [
        "# Cards",
        "",
        "Made by `python manage.py write_docs` from the cards' declarations; don't edit it.",
    ]
    for card in cards:
        lines += ["", f"## {card.title}", "", *_card(card)]
    return "\n".join(lines) + "\n"


def _card(card: AnyCard | AnyEvent) -> Iterator[str]:
    yield card.summary
    yield ""
    yield f"- Key: `{card.key}`"
    if isinstance(card, Event):
        yield "- An event: it starts a flow, and isn't run"
    else:
        yield f"- Effect: {EFFECTS[card.effect]}"
    yield f"- Needs: {_needs(card)}"
    if card.needs.role:
        yield f"- Domain-wide delegation: {_scopes(card.needs.role.delegated_scopes, 'and')}"
    yield f"- Quota: {card.quota_units} units a {'look' if isinstance(card, Event) else 'run'}"
    if card.notes:
        yield f"- {card.notes}"
    yield from _table("Options", card.options)
    if not isinstance(card, Event):
        yield from _table("Inputs", card.inputs)
    for value, cls in output_classes(card):
        with_option = "" if isinstance(card, Event) or not value else f" with `{card.outputs_by}` = `{value}`"
        yield from _table(f"Outputs{with_option}", cls, given=False)


def _needs(card: AnyCard | AnyEvent) -> str:
    parts = ["a Google Workspace account"]
    parts += [_scopes(group, "or") for group in card.needs.scopes]
    if not isinstance(card, Event) and card.needs_of:
        parts.append("the scopes of what is asked for")
    if card.needs.role:
        parts.append("the roles Service Account User and Service Account Token Creator on a service account")
    return ", and ".join(parts)


def _scopes(scopes: Iterable[str], word: str) -> str:
    return f" {word} ".join(f"`{short_scope(scope)}`" for scope in scopes)


def _table(title: str, cls: type[Fields], *, given: bool = True) -> Iterator[str]:
    rows = list(_rows(cls, given=given))
    if not rows:
        return
    yield ""
    yield f"| {title} | Name | Takes |" if given else f"| {title} | Name | Gives |"
    yield "|---|---|---|"
    yield from rows


def _rows(cls: type[Fields], path: str = "", *, given: bool) -> Iterator[str]:
    for declared in field_types(cls):
        name = f"{path}{declared.name}"
        yield f"| {declared.spec.label} | `{name}` | {_takes(declared, given=given)} |"
        if declared.kind in {Kind.OBJECT, Kind.OBJECTS}:
            yield from _rows(declared.inner, f"{name}.", given=given)


def _takes(declared: FieldType, *, given: bool) -> str:
    kind = " or ".join(f"`{value}`" for value, _words in declared.choices) or _KINDS[declared.kind]
    parts = [kind]
    if given:
        parts.append("required" if declared.is_required else "optional")
    if declared.spec.between:
        parts.append("{} to {:,}".format(*declared.spec.between))
    if declared.spec.when:
        parts.append("only with " + " and ".join(f"`{name}` = `{value}`" for name, value in declared.spec.when.items()))
    if declared.spec.choices_from:
        parts.append(f"one of the {declared.spec.choices_from.replace('_', ' ')} that Google lists")
    if declared.spec.secret:
        parts.append("never shown back")
    return ", ".join(parts) + (f". {_literally(declared.spec.help)}" if declared.spec.help else "")


def _literally(text: str) -> str:
    """What Markdown would take for a link or the end of a cell stays text."""
    return text.replace("<", "\\<").replace("|", "\\|")
