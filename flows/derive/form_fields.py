"""A card's form: what a page draws, and what comes back from it as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows.cards import AnyCard, Fields
from flows.derive.field_types import FieldType, Kind, counts, field_types


@dataclass(frozen=True, kw_only=True)
class FormField:
    """One field of a form.

    ``kind`` is text, multiline, list, choice, boolean, number, datetime or object. ``name`` is the name in the
    form, with a dot inside an object, whose fields are ``fields``. ``part`` is options or inputs. ``value`` is
    what the person typed, or the default: for a list its lines, for a boolean ``yes`` or ``no``; always empty
    for a secret. ``when`` names the options and their values with which the field counts.
    """

    name: str
    part: str
    label: str
    help: str
    kind: str
    is_required: bool
    is_secret: bool
    when: Mapping[str, str]
    choices: tuple[tuple[str, str], ...] = ()
    value: str = ""
    errors: tuple[str, ...] = ()
    fields: tuple["FormField", ...] = ()


def form_fields(
    card: AnyCard,
    values: Mapping[str, Sequence[str]] | None = None,
    errors: Mapping[str, Sequence[str]] | None = None,
) -> tuple[FormField, ...]:
    """The card's options, then its inputs. ``values`` is a form as it was sent; ``errors`` those of InputRejected."""
    drawn = _Drawing(values, errors or {})
    return (*drawn.fields("options", card.options), *drawn.fields("inputs", card.inputs))


@dataclass
class _Drawing:
    values: Mapping[str, Sequence[str]] | None
    errors: Mapping[str, Sequence[str]]

    def fields(self, part: str, cls: type[Fields], path: str = "") -> tuple[FormField, ...]:
        return tuple(self._field(part, each, f"{path}{each.name}") for each in field_types(cls))

    def _field(self, part: str, declared: FieldType, name: str) -> FormField:
        is_object = declared.kind in {Kind.OBJECT, Kind.OBJECTS}
        return FormField(
            name=name,
            part=part,
            label=declared.spec.label,
            help=declared.spec.help,
            kind=_form_kind(declared),
            is_required=declared.is_required,
            is_secret=declared.spec.secret,
            when=declared.spec.when,
            choices=(("yes", "Yes"), ("no", "No")) if declared.kind is Kind.BOOLEAN else declared.choices,
            value="" if is_object or declared.spec.secret else self._value(declared, name),
            errors=tuple(self.errors.get(name, ())),
            fields=self.fields(part, declared.inner, f"{name}.") if is_object else (),
        )

    def _value(self, declared: FieldType, name: str) -> str:
        if self.values is not None:
            return "\n".join(self.values.get(name, ()))
        default = None if declared.is_required else declared.default
        if isinstance(default, bool):
            return "yes" if default else "no"
        if isinstance(default, tuple):
            return "\n".join(default)
        return "" if default is None else str(default)


def _form_kind(declared: FieldType) -> str:
    if declared.kind is Kind.TEXT and declared.spec.multiline:
        return "multiline"
    return "object" if declared.kind is Kind.OBJECTS else declared.kind.value


def form_values(card: AnyCard, sent: Mapping[str, Sequence[str]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A form as it was sent, as plain options and inputs. Fields that the page hides are left out.

    ``sent`` maps each name to its values, as Django's ``dict(request.POST.lists())``. A list is one item a line.
    """
    options = _part_values(card.options, sent, {})
    return options, _part_values(card.inputs, sent, options)


def _part_values(
    cls: type[Fields], sent: Mapping[str, Sequence[str]], options: Mapping[str, Any], path: str = ""
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for declared in field_types(cls):
        name = f"{path}{declared.name}"
        if not counts(declared.spec, {**options, **values}):
            continue
        if declared.kind in {Kind.OBJECT, Kind.OBJECTS}:
            inner = _part_values(declared.inner, sent, options, f"{name}.")
            if any(inner.values()):
                values[declared.name] = inner
        elif name in sent:
            text = "\n".join(sent[name]).replace("\r\n", "\n")
            values[declared.name] = text.splitlines() if declared.kind is Kind.LIST else text
    return values
