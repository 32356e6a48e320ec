"""Addresses as people type them: what is one is read, what isn't is refused in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmail_connector.addresses import MAX_RECIPIENTS, Mailbox, NotAnAddress, Reading, parse


@pytest.mark.parametrize(
    ("text", "address", "name"),
    [
        ("ben@acme.example", "ben@acme.example", ""),
        ("  ben@acme.example\t".strip("\t"), "ben@acme.example", ""),
        ("<ben@acme.example>", "ben@acme.example", ""),
        ("Ben Weiss <ben@acme.example>", "ben@acme.example", "Ben Weiss"),
        ('"Weiss, Ben" <ben@acme.example>', "ben@acme.example", "Weiss, Ben"),
        ("Weiss, Ben <ben@acme.example>", "ben@acme.example", "Weiss, Ben"),
        (r'"Ben \"the\" Weiss" <ben@acme.example>', "ben@acme.example", 'Ben "the" Weiss'),
        ("Zoë 請 <ben+lists@mail.acme.example>", "ben+lists@mail.acme.example", "Zoë 請"),
        ("o'brien_x=1@acme.example", "o'brien_x=1@acme.example", ""),
    ],
)
def test_an_address_is_read_with_its_name(text: str, address: str, name: str) -> None:
    assert parse(text) == Mailbox(address=address, name=name)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ben", "is not an address such as"),
        ("ben@acme", "is not an address such as"),
        ("@acme.example", "is not an address such as"),
        ("ben@acme..example", "is not an address such as"),
        (".ben@acme.example", "is not an address such as"),
        ("ben@-acme.example", "is not an address such as"),
        ("ben weiss@acme.example", "is not an address such as"),
        ("Ben <ben@acme.example", "is not an address such as"),
        (f"{'b' * 65}@acme.example", "is not an address such as"),
        ("ben@acme.example, cleo@acme.example", "Enter each on its own"),
        ("ben@acme.example;cleo@acme.example", "Enter each on its own"),
        ("ben@acme.example <cleo@acme.example> dora@acme.example", "Enter each on its own"),
        ("ben@bücher.example", "Write its domain as xn--"),
        ("ben@acme.example\r\nBcc: cleo@acme.example", "characters that can't be shown"),
        ("Ben\x00 <ben@acme.example>", "characters that can't be shown"),
        (f"{'B' * 201} <ben@acme.example>", "use at most 200"),
    ],
)
def test_what_is_not_one_address_is_refused_with_the_reason(text: str, says: str) -> None:
    with pytest.raises(NotAnAddress, match=says):
        parse(text)


@given(st.text(max_size=80))
def test_any_text_is_an_address_of_ascii_without_spaces_or_is_refused(text: str) -> None:
    try:
        found = parse(text)
    except NotAnAddress:
        return
    assert found.address.isascii()
    assert found.address.count("@") == 1
    assert not set(found.address) & set(' \r\n\t<>,;:"()[]\\')
    assert found.name.isprintable()


def test_a_form_says_everything_that_is_wrong_by_field() -> None:
    reading = Reading()
    assert reading.many("to", ("ben@acme.example", " ", "cleo")) == (Mailbox(address="ben@acme.example"),)
    assert reading.one("from", "") is None
    assert reading.many("cc", ("dora@",)) == ()
    assert sorted(reading.errors) == ["cc", "to"]


def test_one_address_counts_once_towards_the_limit() -> None:
    reading = Reading()
    reading.limit("to", [Mailbox(address=f"p{number}@acme.example") for number in range(MAX_RECIPIENTS)] * 2)
    assert reading.errors == {}
    reading.limit("to", [Mailbox(address=f"p{number}@acme.example") for number in range(MAX_RECIPIENTS + 1)])
    assert reading.errors["to"] == ["Gmail takes at most 100 recipients, To, CC and BCC together; these are 101."]
