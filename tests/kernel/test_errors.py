"""One root, one voice: what every error class must have, and that a stored error comes back the same."""

import json
import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from importlib import import_module
from pathlib import Path
from string import Formatter
from typing import Any, get_origin, get_type_hints

import pytest

from connections.errors import GoogleUnavailable, GrantEnded, NicknameTaken
from connections.scope_errors import ScopeMissing
from kernel.clock import now
from kernel.errors import (
    ConsoleError,
    Fixer,
    InputRejected,
    Retry,
    TryLater,
    as_problem,
    error_classes,
    from_stored,
    to_stored,
)

ROOT = Path(__file__).resolve().parents[2]
for _path in sorted(ROOT.glob("[a-z]*/**/*errors.py")):
    if _path.relative_to(ROOT).parts[0] not in {"google_sandbox", "tests", "var"}:
        import_module(".".join(_path.relative_to(ROOT).with_suffix("").parts))
CLASSES = list(error_classes())

SAMPLES: dict[type, Any] = {
    str: "gmail.readonly",
    bool: True,
    int: 3,
    list: ["gmail.readonly", "gmail.modify"],
    dict: {"gmail.read": "gmail.readonly"},
    Mapping: {"nickname": ["Enter a nickname."]},
}
EXAMPLES: list[ConsoleError] = [
    GrantEnded(nickname="Payroll", email="ben@acme.example", reason="The grant was revoked."),
    GoogleUnavailable(what="Refreshing", reason="Google answered 500", retry_at=now()),
    ScopeMissing(card="Read Email", scopes=["gmail.readonly", "gmail.modify"], withheld=True),
    NicknameTaken(fields={"nickname": ["Another connection is called “Payroll”."]}),
]
each_class = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.code)


def made(cls: type[ConsoleError]) -> ConsoleError:
    """An instance with a value in each field."""
    hints = get_type_hints(cls)
    return cls(
        **{
            each.name: now()
            if hints[each.name] == datetime | None
            else SAMPLES[get_origin(hints[each.name]) or hints[each.name]]
            for each in fields(cls)
        }
    )


@pytest.mark.parametrize("error", [*EXAMPLES, *map(made, CLASSES)], ids=lambda error: error.code)
def test_a_stored_error_comes_back_with_the_same_words(error: ConsoleError) -> None:
    stored = json.loads(json.dumps(to_stored(error)))
    back = from_stored(stored)
    assert type(back) is type(error)
    assert back.data == error.data
    assert as_problem(back) == as_problem(error)


@each_class
def test_every_class_says_what_why_remedy_and_who(cls: type[ConsoleError]) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z_]+", cls.code)
    assert cls.title[0].isupper()
    assert not cls.title.endswith(".")
    assert isinstance(cls.fixer, Fixer)
    assert isinstance(cls.retry, Retry)
    assert 400 <= cls.status < 600
    assert "!" not in cls.title + cls.cause_template + cls.remedy_template
    assert "success" not in (cls.title + cls.cause_template + cls.remedy_template).lower()


@each_class
def test_templates_name_only_what_the_class_has(cls: type[ConsoleError]) -> None:
    """A class that works words out itself overrides ``cause`` or ``remedy``; then the instance shows it."""
    held = {each.name for each in fields(cls)} | set(dir(cls))
    for template, own in ((cls.cause_template, "cause"), (cls.remedy_template, "remedy")):
        named = {name for _text, name, _spec, _conversion in Formatter().parse(template) if name}
        if getattr(cls, own) is getattr(ConsoleError, own):
            assert named <= held


@each_class
def test_every_instance_has_whole_sentences(cls: type[ConsoleError]) -> None:
    error = made(cls)
    for text in (error.cause, error.remedy):
        assert text
        assert "{" not in text
    assert error.cause in str(error)
    if "advice" not in error.data:  # then the remedy is given with the case, by the reader of Google's answer
        assert re.match(r"[A-Z][a-z]+ ?", error.remedy)
        assert error.remedy.endswith(".")
        assert re.match(r"(The|This|It|You|Your|There|Please)\b", error.remedy) is None, "a remedy begins with a verb"


@each_class
def test_what_waiting_mends_is_for_nobody_to_mend(cls: type[ConsoleError]) -> None:
    assert (cls.fixer is Fixer.NOBODY) == (cls.retry is Retry.LATER)


def test_codes_are_unique() -> None:
    codes = [cls.code for cls in CLASSES]
    assert len(codes) == len(set(codes))


def test_bad_input_names_its_fields() -> None:
    problem = as_problem(InputRejected(fields={"nickname": ["Enter a nickname."]}))
    assert problem["fields"] == {"nickname": ["Enter a nickname."]}
    assert problem["detail"] == "nickname: Enter a nickname."


def test_the_moment_to_try_again_is_in_the_problem() -> None:
    moment = now()
    error = GoogleUnavailable(what="Refreshing", reason="Google answered 500", retry_at=moment)
    assert isinstance(error, TryLater)
    assert as_problem(error)["retry_at"] == moment.isoformat()


def test_an_unknown_stored_code_is_refused() -> None:
    with pytest.raises(KeyError):
        from_stored({"code": "never.heard", "data": {}})
