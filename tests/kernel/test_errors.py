"""One root, one voice: what every error class must have, and that a stored error comes back the same."""

import pytest

from connections import errors as _connections  # noqa: F401  (declares its classes)
from connections.errors import GoogleUnavailable, GrantEnded, NicknameTaken, ScopeMissing
from kernel.clock import now
from kernel.errors import (
    ConsoleError,
    Fixer,
    InputRejected,
    Retry,
    as_problem,
    error_classes,
    from_stored,
    to_stored,
)

EXAMPLES: list[ConsoleError] = [
    GrantEnded(nickname="Payroll", email="ben@acme.example", reason="The grant was revoked."),
    GoogleUnavailable(what="Refreshing", reason="Google answered 500", retry_at=now()),
    ScopeMissing(card="Read Email", scopes=["gmail.readonly", "gmail.modify"], withheld=True),
    NicknameTaken(fields={"nickname": ["Another connection is called “Payroll”."]}),
]


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: error.code)
def test_a_stored_error_comes_back_with_the_same_words(error: ConsoleError) -> None:
    assert as_problem(from_stored(to_stored(error))) == as_problem(error)


@pytest.mark.parametrize("cls", list(error_classes()), ids=lambda cls: cls.code)
def test_every_class_says_what_why_remedy_and_who(cls: type[ConsoleError]) -> None:
    assert cls.title
    assert not cls.title.endswith(".")
    assert isinstance(cls.fixer, Fixer)
    assert isinstance(cls.retry, Retry)
    assert 400 <= cls.status < 600
    assert "!" not in cls.title + cls.cause_template + cls.remedy_template


def test_codes_are_unique() -> None:
    codes = [cls.code for cls in error_classes()]
    assert len(codes) == len(set(codes))


def test_bad_input_names_its_fields() -> None:
    problem = as_problem(InputRejected(fields={"nickname": ["Enter a nickname."]}))
    assert problem["fields"] == {"nickname": ["Enter a nickname."]}
    assert problem["detail"] == "nickname: Enter a nickname."


def test_an_unknown_stored_code_is_refused() -> None:
    with pytest.raises(KeyError):
        from_stored({"code": "never.heard", "data": {}})
