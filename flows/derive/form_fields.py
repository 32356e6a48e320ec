"""A card's form: what a page draws, and what comes back from it as plain values."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flows.cards import AnyCard, Fields
from flows.derive.field_types import (
    Declared,
    FieldType,
    Kind,
    counts,
    field_types,
    inputs_of,
    typed_account,
    unlisted_choices,
)
from flows.derive.plain_values import plain_value


@dataclass(frozen=True, kw_only=True)
class FormField:
    """One field of a form.

    ``kind`` is text, multiline, list, choice, listed, boolean, number, datetime, file, json or object. A listed one
    has choices from Google, those of the source ``choices_from``; ``choices`` are then what it has beside them.
    ``name`` is the name in the form, with a dot inside an object, whose fields are ``fields``. ``part`` is options or
    inputs. ``value`` is what the person typed, or the default: for a list its lines, for a boolean ``yes`` or ``no``;
    always empty for a secret and a file. ``default`` says what stands for it where it is left out. ``when`` names the
    options and their values with which the field counts, ``counts_with`` says the same in words.
    ``is_named_by_file`` says that a file beside it gives its value where it is left blank. ``outputs`` are references
    that a choice takes as well, with their words; ``is_kept`` says that a value is kept that isn't shown.
    """

    name: str
    part: str
    label: str
    help: str
    kind: str
    is_required: bool
    is_secret: bool
    when: Mapping[str, str]
    counts_with: str = ""
    is_named_by_file: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    choices_from: str = ""
    value: str = ""
    default: str = ""
    outputs: tuple[tuple[str, str], ...] = ()
    is_kept: bool = False
    errors: tuple[str, ...] = ()
    fields: tuple["FormField", ...] = ()

    @property
    def is_unlisted(self) -> bool:
        """A choice whose value is none of those there are."""
        return bool(self.value) and self.value not in {value for value, _words in (*self.choices, *self.outputs)}

    @property
    def condition(self) -> str:
        """``when`` for the page's script: ``result_set=all_matching_emails``."""
        return urlencode(self.when)


def form_fields(
    card: Declared,
    values: Mapping[str, Sequence[str]] | None = None,
    errors: Mapping[str, Sequence[str]] | None = None,
) -> tuple[FormField, ...]:
    """The card's options, then its inputs. ``values`` is a form as it was sent; ``errors`` those of InputRejected."""
    options = {each.name: each for each in field_types(card.options)}
    drawn = _Drawing(values, errors or {}, options, unlisted_choices(card), typed_account(card))
    return (*drawn.fields("options", card.options), *drawn.fields("inputs", inputs_of(card)))


def every_field(fields: Iterable[FormField]) -> Iterator[FormField]:
    """The fields, and those inside them."""
    for each in fields:
        yield each
        yield from every_field(each.fields)


@dataclass
class _Drawing:
    values: Mapping[str, Sequence[str]] | None
    errors: Mapping[str, Sequence[str]]
    options: Mapping[str, FieldType]
    unlisted: Mapping[str, Mapping[str, str]]
    typed: str

    def fields(self, part: str, cls: type[Fields], path: str = "") -> tuple[FormField, ...]:
        declared = field_types(cls)
        named_by_files = {each.spec.file_name_in for each in declared}
        drawn = (self._field(part, each, f"{path}{each.name}") for each in declared)
        return tuple(
            replace(field, is_required=False, is_named_by_file=True) if each.name in named_by_files else field
            for each, field in zip(declared, drawn, strict=True)
        )

    def _field(self, part: str, declared: FieldType, name: str) -> FormField:
        is_object = declared.kind in {Kind.OBJECT, Kind.OBJECTS}
        has_value = not is_object and declared.kind is not Kind.FILE
        return FormField(
            name=name,
            part=part,
            label=declared.spec.label,
            help=declared.spec.help,
            kind=_form_kind(declared),
            is_required=declared.is_required or name == self.typed,
            is_secret=declared.spec.secret,
            when=declared.spec.when,
            counts_with="; ".join(self._condition(name, value) for name, value in declared.spec.when.items()),
            choices=self._choices(declared),
            choices_from=declared.spec.choices_from,
            value=self._value(declared, name) if has_value and not declared.spec.secret else "",
            default=_default_words(declared, self._choices(declared)),
            errors=tuple(self.errors.get(name, ())),
            fields=self.fields(part, declared.inner, f"{name}.") if is_object else (),
        )

    def _choices(self, declared: FieldType) -> tuple[tuple[str, str], ...]:
        if declared.kind is Kind.BOOLEAN:
            return (("yes", "Yes"), ("no", "No"))
        if declared.spec.choices_from:
            return tuple(self.unlisted[declared.name].items())
        return declared.choices

    def _condition(self, name: str, value: str) -> str:
        option = self.options[name]
        return f"{option.spec.label.removesuffix('?')}: {dict(self._choices(option)).get(value, value)}"

    def _value(self, declared: FieldType, name: str) -> str:
        if self.values is not None:
            return "\n".join(self.values.get(name, ()))
        return _default(declared)


def _default(declared: FieldType) -> str:
    """The value of a field that is left out, as a form has it."""
    default = None if declared.is_required else declared.default
    if isinstance(default, bool):
        return "yes" if default else "no"
    if isinstance(default, tuple):
        return "\n".join(default)
    return "" if default is None else str(default)


def _default_words(declared: FieldType, choices: Iterable[tuple[str, str]]) -> str:
    is_plain = declared.kind in {Kind.CHOICE, Kind.BOOLEAN, Kind.NUMBER}
    return dict(choices).get(_default(declared), _default(declared)) if is_plain else ""


def _form_kind(declared: FieldType) -> str:
    if declared.spec.choices_from:
        return "listed"
    if declared.kind is Kind.TEXT and declared.spec.multiline:
        return "multiline"
    return "object" if declared.kind is Kind.OBJECTS else declared.kind.value


@dataclass(frozen=True, kw_only=True)
class ChosenFile:
    """A file that came with a form: its own name, and what is in it."""

    name: str
    content: bytes


def form_values(
    card: AnyCard, sent: Mapping[str, Sequence[str]], files: Mapping[str, ChosenFile] | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A form as it was sent, as plain options and inputs. Fields that the page hides are left out.

    ``sent`` maps each name to its values, as Django's ``dict(request.POST.lists())``. A list is one item a line.
    """
    reading = _Reading(sent, files or {})
    options = reading.values(card.options, {})
    return options, reading.values(card.inputs, options)


@dataclass(frozen=True)
class _Reading:
    sent: Mapping[str, Sequence[str]]
    files: Mapping[str, ChosenFile]

    def values(self, cls: type[Fields], options: Mapping[str, Any], path: str = "") -> dict[str, Any]:
        values: dict[str, Any] = {}
        for declared in field_types(cls):
            if counts(declared.spec, {**options, **values}):
                self._take(declared, values, options, path)
        return values

    def _take(self, declared: FieldType, values: dict[str, Any], options: Mapping[str, Any], path: str) -> None:
        name = f"{path}{declared.name}"
        if declared.kind in {Kind.OBJECT, Kind.OBJECTS}:
            inner = self.values(declared.inner, options, f"{name}.")
            if any(inner.values()):
                values[declared.name] = inner
        elif name in self.files:
            values[declared.name] = plain_value(self.files[name].content)
            beside = declared.spec.file_name_in
            if beside and not str(values.get(beside, "")).strip():
                values[beside] = self.files[name].name
        elif name in self.sent:
            text = "\n".join(self.sent[name]).replace("\r\n", "\n")
            values[declared.name] = text.splitlines() if declared.kind is Kind.LIST else text
