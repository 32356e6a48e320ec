"""Messages: what people type never becomes a header, and any text comes back as it went."""

import base64
import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.cards import NoFields
from gmail_connector.addresses import MAX_NAME, Mailbox
from gmail_connector.cards import read_email
from gmail_connector.client import GmailClient
from gmail_connector.mime import (
    STEP_HEADER,
    AttachedFile,
    EnclosedFile,
    Letter,
    build,
    encode,
    file_name,
    read_message,
)
from gmail_connector.sending import dispatch

MARKER = "0193a8f0c1d24b6f9a7e5d3c2b1a0f9e"
BEN = Mailbox(address="ben@acme.example")
HEADERS = re.compile(rb"([!-9;-~]+):((?:[^\r\n]|\r\n[ \t])*)\r\n")
BREAKS = "\r\n\x00\x0b\x0c\x85\u2028\u2029\x1b\t"
TRICKS = (*BREAKS, "Bcc: eve@evil.example", "\r\n\r\n", "=?utf-8?q?x?=", ",", '"', "<", ">", "é", " ", ";")

anything = st.text(max_size=300)
hostile = st.lists(st.one_of(st.sampled_from(TRICKS), st.text(max_size=40)), max_size=12).map("".join)
written = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=300)
printable = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs"), include_characters=" ")
names = st.text(printable, max_size=MAX_NAME)


def taken_apart(raw: bytes) -> tuple[dict[str, str], bytes]:
    """Header fields by name, their lines unfolded by hand, and the body."""
    head, _, body = raw.partition(b"\r\n\r\n")
    head += b"\r\n"
    fields = HEADERS.findall(head)
    assert b"".join(name + b":" + value + b"\r\n" for name, value in fields) == head
    return {name.decode(): value.decode().replace("\r\n", "").strip() for name, value in fields}, body


def decoded(value: str) -> str:
    return str(make_header(decode_header(value)))


def letter(**fields: Any) -> Letter:
    return Letter(**{"sender": None, "to": (BEN,), **fields})


@given(subject=hostile, name=hostile, body=hostile, is_html=st.booleans())
def test_nothing_typed_becomes_a_header_or_an_address(subject: str, name: str, body: str, is_html: bool) -> None:
    someone = Mailbox(address="cleo@acme.example", name=name)
    raw = build(letter(sender=someone, cc=(someone, BEN), subject=subject, body=body, is_html=is_html), MARKER)
    fields, _body = taken_apart(raw)
    expected = [STEP_HEADER, "From", "To", "Cc", "Subject", "Content-Type", "Content-Transfer-Encoding", "MIME-Version"]
    assert list(fields) == expected
    parsed = message_from_bytes(raw, policy=SMTP)
    assert [each.addr_spec for each in parsed["Cc"].addresses] == ["cleo@acme.example", "ben@acme.example"]
    assert parsed["Bcc"] is None


@given(subject=anything, name=anything, body=anything)
def test_every_line_is_short_and_ascii(subject: str, name: str, body: str) -> None:
    raw = build(letter(to=(Mailbox(address="ben@acme.example", name=name),) * 3, subject=subject, body=body), MARKER)
    assert raw.isascii()
    assert b"\0" not in raw
    lines = raw.split(b"\r\n")
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    head = lines[: lines.index(b"")]
    assert max(map(len, head)) <= 100
    assert max(map(len, lines)) <= 998


@given(subject=written, name=names)
def test_subject_and_names_come_back_as_they_went(subject: str, name: str) -> None:
    fields, _body = taken_apart(
        build(letter(to=(Mailbox(address="ben@acme.example", name=name),), subject=subject), MARKER)
    )
    assert decoded(fields["Subject"]) == subject.strip()
    beside = decoded(fields["To"].removesuffix("ben@acme.example").removesuffix("<ben@acme.example>")).strip()
    if fields["To"].startswith('"'):
        beside = re.sub(r"\\(.)", r"\1", beside[1:-1])
    assert beside == name.strip()


def test_line_ends_in_a_subject_become_spaces() -> None:
    fields, _body = taken_apart(build(letter(subject="Lunch\r\nBcc: eve@evil.example\r\n\r\nHi"), MARKER))
    assert fields["Subject"] == "Lunch Bcc: eve@evil.example Hi"


def test_a_long_list_of_recipients_has_a_line_for_each() -> None:
    many = tuple(Mailbox(address=f"person{number}@acme.example", name="Weiss, Ben") for number in range(100))
    parsed = message_from_bytes(build(letter(to=many), MARKER), policy=SMTP)
    assert [each.addr_spec for each in parsed["To"].addresses] == [each.address for each in many]
    assert {each.display_name for each in parsed["To"].addresses} == {"Weiss, Ben"}


def test_bcc_stays_for_gmail_to_take_out() -> None:
    fields, _body = taken_apart(build(letter(bcc=(BEN,)), MARKER))
    assert fields["Bcc"] == "ben@acme.example"


@pytest.mark.parametrize(("is_html", "kind"), [(False, "text/plain"), (True, "text/html")])
def test_the_body_is_what_the_option_says(is_html: bool, kind: str) -> None:
    parsed = message_from_bytes(build(letter(body="<b>Grüße</b>", is_html=is_html), MARKER), policy=SMTP)
    assert isinstance(parsed, EmailMessage)
    assert parsed.get_content_type() == kind
    assert parsed.get_content().strip() == "<b>Grüße</b>"


@pytest.mark.django_db
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(subject=written, name=st.text(printable, max_size=8), body=written)  # longer: Python reads a space into it
def test_any_message_comes_back_from_the_mailbox_as_it_went(
    client: GmailClient, subject: str, name: str, body: str
) -> None:
    cleo = Mailbox(address="cleo@acme.example", name=name)
    raw = build(letter(to=(cleo, BEN), cc=(cleo,), subject=subject, body=body), MARKER)
    sent = dispatch(client, None, raw)
    read = read_email.run(client, NoFields(), read_email.Inputs(message_id=sent.message_id))
    assert read.subject == subject.strip()
    assert read.text_body.removesuffix("\n") == body
    assert "<cleo@acme.example>" in read.to or "cleo@acme.example," in read.to
    if name.strip():
        assert read.cc == (f"{name.strip()} <cleo@acme.example>",)


# ------------------------------------------------------------------ reading


def part(mime_type: str, content: bytes | None = None, **fields: Any) -> dict[str, Any]:
    body = {"size": len(content), "data": encode(content)} if content is not None else {"size": 0}
    return {"mimeType": mime_type, "filename": "", "headers": [], "body": body, **fields}


def file(mime_type: str, filename: str, attachment_id: str) -> dict[str, Any]:
    return part(mime_type, filename=filename, body={"attachmentId": attachment_id, "size": 9})


def message(payload: dict[str, Any], **headers: str) -> dict[str, Any]:
    given_headers = [{"name": name.replace("_", "-"), "value": value} for name, value in headers.items()]
    payload["headers"] = [*payload["headers"], *given_headers]
    return {"id": "19e1", "threadId": "19e1", "internalDate": "1767225600000", "payload": payload}


def no_fetch(_attachment_id: str) -> bytes:
    raise AssertionError


def test_texts_and_files_are_told_apart_at_any_depth() -> None:
    letter_parts = part("multipart/alternative", parts=[part("text/plain", b"Hi\r\nBen"), part("text/html", b"<p>Hi")])
    inner = part("multipart/related", parts=[letter_parts, file("image/png", "logo.png", "A1")])
    outer = part(
        "multipart/mixed",
        parts=[inner, file("text/plain", "notes.txt", "A2"), file("application/pdf", "Ü.pdf", "A3")],
    )
    read = read_message(message(outer), no_fetch)
    assert (read.text_body, read.html_body) == ("Hi\nBen", "<p>Hi")
    assert read.attachments == (
        AttachedFile(filename="logo.png", attachment_id="A1", type="image/png"),
        AttachedFile(filename="notes.txt", attachment_id="A2", type="text/plain"),
        AttachedFile(filename="Ü.pdf", attachment_id="A3", type="application/pdf"),
    )


def test_an_attached_message_is_a_file_whose_texts_are_not_ours() -> None:
    forwarded = file("message/rfc822", "forwarded.eml", "A1") | {"parts": [part("text/plain", b"not ours")]}
    read = read_message(message(part("multipart/mixed", parts=[part("text/plain", b"ours"), forwarded])), no_fetch)
    assert read.text_body == "ours"
    assert [each.filename for each in read.attachments] == ["forwarded.eml"]


def test_a_footer_below_the_letter_is_read_too() -> None:
    parts = [part("text/plain", b"Letter"), file("image/png", "a.png", "A1"), part("text/plain", b"Footer")]
    assert read_message(message(part("multipart/mixed", parts=parts)), no_fetch).text_body == "Letter\nFooter"


def test_a_long_text_is_fetched_by_its_attachment_id() -> None:
    long_text = part("text/html", body={"attachmentId": "A9", "size": 300_000})
    read = read_message(message(long_text), lambda attachment_id: f"<p>{attachment_id}".encode())
    assert read.html_body == "<p>A9"
    assert read.attachments == ()


@pytest.mark.parametrize(
    ("content", "charset"),
    [("Grüße".encode(), "iso-8859-1"), ("Grüße".encode("iso-8859-1"), "iso-8859-1"), ("Grüße".encode(), "no-such")],
)
def test_a_text_is_utf_8_unless_it_cannot_be(content: bytes, charset: str) -> None:
    headers = [{"name": "Content-Type", "value": f"text/plain; charset={charset}"}]
    assert read_message(message(part("text/plain", content, headers=headers)), no_fetch).text_body == "Grüße"


def test_bytes_that_are_no_text_lose_only_themselves() -> None:
    assert read_message(message(part("text/plain", b"a\xffb")), no_fetch).text_body == "a\ufffdb"


def test_headers_are_read_whatever_their_case_and_lists_are_taken_apart() -> None:
    read = read_message(
        message(
            part("text/plain", b""),
            SUBJECT="Offsite",
            from_="Ada <ada@acme.example>".replace("_", ""),
            To="ben@acme.example, Dora <dora@acme.example>",
            Cc='"Weiss, Ben" <ben@acme.example>, cleo@acme.example',
        ),
        no_fetch,
    )
    assert read.subject == "Offsite"
    assert read.to == "ben@acme.example, Dora <dora@acme.example>"
    assert read.cc == ("Weiss, Ben <ben@acme.example>", "cleo@acme.example")
    assert read.bcc == ()


@pytest.mark.parametrize(
    ("header", "date"),
    [
        ("Thu, 01 Jan 2026 10:00:00 +0100", datetime(2026, 1, 1, 9, tzinfo=UTC)),
        ("Thu, 01 Jan 2026 09:00:00 -0000", datetime(2026, 1, 1, 9, tzinfo=UTC)),
        ("yesterday", datetime(2026, 1, 1, tzinfo=UTC)),
        ("", datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_the_date_is_the_senders_or_else_gmails(header: str, date: datetime) -> None:
    assert read_message(message(part("text/plain", b""), Date=header), no_fetch).date == date


def test_an_empty_message_is_read_as_nothing() -> None:
    read = read_message({"id": "19e1", "threadId": "19e1"}, no_fetch)
    assert (read.subject, read.text_body, read.attachments, read.date) == ("", "", (), None)


def test_base64_comes_with_or_without_padding() -> None:
    for data in (base64.urlsafe_b64encode(b"a>?b").decode(), base64.urlsafe_b64encode(b"a>?b").decode().rstrip("=")):
        payload = part("text/plain", body={"size": 4, "data": data})
        assert read_message(message(payload), no_fetch).text_body == "a>?b"


# ------------------------------------------------------------------ files


def parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=SMTP)
    assert isinstance(message, EmailMessage)
    return message


@given(name=hostile, body=hostile, content=st.binary(max_size=2000), is_html=st.booleans())
def test_no_name_and_no_content_of_a_file_breaks_out_of_its_part(
    name: str, body: str, content: bytes, is_html: bool
) -> None:
    raw = build(letter(body=body, is_html=is_html, file=EnclosedFile(name=f"{name}.x", content=content)), MARKER)
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    fields, _body = taken_apart(raw)
    assert list(fields) == [STEP_HEADER, "To", "Subject", "MIME-Version", "Content-Type"]
    text, file = parsed(raw).iter_parts()
    assert text.get_content_subtype() == ("html" if is_html else "plain")
    assert list(file.keys()) == ["Content-Type", "Content-Disposition", "Content-Transfer-Encoding"]
    assert file.get_content_disposition() == "attachment"
    assert file.get_payload(decode=True) == content


@pytest.mark.parametrize(
    ("name", "arrives", "media_type"),
    [
        ("Invoice 2041.pdf", "Invoice 2041.pdf", "application/pdf"),
        ("請求書.xlsx", "請求書.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ('a"b; filename=c.exe.csv', 'a"b; filename=c.exe.csv', "text/csv"),
        ("C:\\reports\\q3.csv", "q3.csv", "text/csv"),
        ("../../etc/passwd", "passwd", "application/octet-stream"),
        ("backup.tar.gz", "backup.tar.gz", "application/octet-stream"),
        ("forwarded.eml", "forwarded.eml", "application/octet-stream"),
        ("two\r\nlines.txt", "two lines.txt", "text/plain"),
        ("é" * 120 + ".png", "é" * 120 + ".png", "image/png"),
    ],
)
def test_a_file_arrives_with_its_name_and_type(name: str, arrives: str, media_type: str) -> None:
    _text, file = parsed(build(letter(file=EnclosedFile(name=name, content=b"x")), MARKER)).iter_parts()
    assert (file.get_filename(), file.get_content_type()) == (arrives, media_type)


@pytest.mark.parametrize("name", ["", ".", "..", "  ", "folder/", "\\", "\r\n"])
def test_what_is_left_of_a_name_may_be_nothing(name: str) -> None:
    assert file_name(name) == ""
