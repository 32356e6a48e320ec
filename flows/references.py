r"""References to what earlier cards gave, as they stand in the texts of a definition: ``{{c2.subject}}``.

There is no expression language: a text is literal but for its references. ``\{{`` is a literal ``{{``.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_REFERENCE = re.compile(r"\\\{\{|\{\{\s*([A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z0-9_]+)+)\s*\}\}")
_LITERAL = "\\{{"


@dataclass(frozen=True, kw_only=True)
class Ref:
    """``card`` is the id of the card that gives it, or ``trigger``; ``path`` the output, and what lies inside it."""

    card: str
    path: tuple[str, ...]

    def __str__(self) -> str:
        return f"{{{{{'.'.join((self.card, *self.path))}}}}}"


Part = str | Ref


def parse_text(text: str) -> tuple[Part, ...]:
    """The text in parts: literal ones, none empty, and references."""
    parts: list[Part] = []
    literal, end = "", 0
    for found in _REFERENCE.finditer(text):
        literal += text[end : found.start()]
        end = found.end()
        if found[0] == _LITERAL:
            literal += "{{"
            continue
        if literal:
            parts.append(literal)
            literal = ""
        card, *path = found[1].split(".")
        parts.append(Ref(card=card, path=tuple(path)))
    literal += text[end:]
    return (*parts, literal) if literal else tuple(parts)


def write_text(parts: tuple[Part, ...]) -> str:
    """What :func:`parse_text` reads back as the same parts."""
    return "".join(str(part) if isinstance(part, Ref) else part.replace("{{", _LITERAL) for part in parts)


def sole_ref(value: Any) -> Ref | None:
    """The reference that is the whole value, and so keeps its type; None where it is anything else."""
    if not isinstance(value, str):
        return None
    parts = parse_text(value.strip())
    return parts[0] if len(parts) == 1 and isinstance(parts[0], Ref) else None


def refs_in(value: Any) -> Iterator[Ref]:
    """Every reference within a value of a definition: a text, or what a list or an object holds."""
    if isinstance(value, str):
        yield from (part for part in parse_text(value) if isinstance(part, Ref))
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from refs_in(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from refs_in(each)


def replace_cards(value: Any, ids: Mapping[str, str]) -> Any:
    """The value with its references led to other cards: ``ids`` are new ids by old ones."""
    if isinstance(value, str):
        parts = (
            Ref(card=ids.get(part.card, part.card), path=part.path) if isinstance(part, Ref) else part
            for part in parse_text(value)
        )
        return write_text(tuple(parts))
    if isinstance(value, Mapping):
        return {name: replace_cards(each, ids) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [replace_cards(each, ids) for each in value]
    return value
