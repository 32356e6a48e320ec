"""``docs/cards.md``: every card in words, from its declaration."""

from collections.abc import Iterable, Iterator

from connections.extensions import short_scope
from connections.requirements import Requirements
from flows.cards import AnyCard, Effect, Fields
from flows.derive.field_types import FieldType, Kind, field_types, output_classes

EFFECTS = {
    Effect.READ: "reads",
    Effect.SET_STATE: "sets a state; doing it twice changes nothing more",
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


def cards_page(cards: Iterable[AnyCard]) -> str:
    """The whole page, as Markdown."""
    lines = [
        "# Cards",
        "",
        "Made by `python manage.py write_docs` from the cards' declarations; don't edit it.",
    ]
    for card in cards:
        lines += ["", f"## {card.title}", "", *_card(card)]
    return "\n".join(lines) + "\n"


def _card(card: AnyCard) -> Iterator[str]:
    yield card.summary
    yield ""
    yield f"- Key: `{card.key}`"
    yield f"- Effect: {EFFECTS[card.effect]}"
    yield f"- Needs: {_needs(card.needs)}"
    yield f"- Quota: {card.quota_units} units a run"
    if card.notes:
        yield f"- {card.notes}"
    yield from _table("Options", card.options)
    yield from _table("Inputs", card.inputs)
    for value, cls in output_classes(card):
        yield from _table(f"Outputs with `{card.outputs_by}` = `{value}`" if value else "Outputs", cls, given=False)


def _needs(needs: Requirements) -> str:
    parts = ["a Google Workspace account"]
    parts += [" or ".join(f"`{short_scope(scope)}`" for scope in group) for group in needs.scopes]
    if needs.role:
        parts.append("the Service Account User role")
    return ", and ".join(parts)


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
    if declared.spec.secret:
        parts.append("never shown back")
    return ", ".join(parts) + (f". {_literally(declared.spec.help)}" if declared.spec.help else "")


def _literally(text: str) -> str:
    """What Markdown would take for a link or the end of a cell stays text."""
    return text.replace("<", "\\<").replace("|", "\\|")
