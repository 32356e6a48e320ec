"""Messages as Gmail takes them (RFC 5322), and as cards give them out. Pure: no call, no clock."""

import base64
import mimetypes
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import encode_rfc2231, getaddresses, parsedate_to_datetime, quote
from functools import cache
from typing import Any

from gmail_connector.addresses import Mailbox

STEP_HEADER = "X-Workflows-Step"
"""Marks a message with its step, so that it can be found after a lost answer. It leaves with the mail."""

CRLF = "\r\n"
_LINE = 76
_PLAIN_WORD = 60
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_CONTROLS_IN_BODY = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_UNKNOWN = "\ufffd"
_OFFICE = {".docx": "wordprocessingml.document", ".xlsx": "spreadsheetml.sheet", ".pptx": "presentationml.presentation"}
"""Endings that Python's table of media types lacks, and people send every day."""


@dataclass(frozen=True, kw_only=True)
class EnclosedFile:
    """A file that goes with a letter."""

    name: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What a person wants sent. Bcc stays in the message: Gmail reads it and takes it out for the recipients."""

    sender: Mailbox | None
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...] = ()
    bcc: tuple[Mailbox, ...] = ()
    subject: str = ""
    body: str = ""
    is_html: bool = False
    file: EnclosedFile | None = None

    @property
    def recipients(self) -> tuple[Mailbox, ...]:
        return (*self.to, *self.cc, *self.bcc)


def build(letter: Letter, marker: str) -> bytes:
    """The letter as bytes of ASCII lines.

    The header lines that hold what people typed are written here: the library folds long names so that
    their commas and line ends count again (CVE-2024-6923, CVE-2025-1795; fixed in later 3.11 only).
    """
    lists = {"To": letter.to, "Cc": letter.cc, "Bcc": letter.bcc}
    lines = [f"{STEP_HEADER}: {_text(marker, STEP_HEADER)}"]
    if letter.sender:
        lines.append(f"From: {_mailbox(letter.sender, 'From')}")
    lines += [
        f"{name}: " + f",{CRLF} ".join(_mailbox(each, name) for each in mailboxes)
        for name, mailboxes in lists.items()
        if mailboxes
    ]
    lines.append(f"Subject: {_text(letter.subject, 'Subject')}")
    if letter.file is None:
        return _lines(*lines) + _body_part(letter)
    return _lines(*lines, "MIME-Version: 1.0") + _with_file(letter, letter.file, boundary=f"=_{marker}")


def _lines(*lines: str) -> bytes:
    return "".join(f"{line}{CRLF}" for line in lines).encode("ascii")


def _body_part(letter: Letter) -> bytes:
    """The body's own headers, MIME-Version among them, and the body, with no byte beyond ASCII."""
    content = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    body = _SURROGATES.sub(_UNKNOWN, _CONTROLS_IN_BODY.sub(_UNKNOWN, letter.body))
    content.set_content(body, subtype="html" if letter.is_html else "plain", charset="utf-8")
    return content.as_bytes()


def _with_file(letter: Letter, file: EnclosedFile, boundary: str) -> bytes:
    """The body, and below it the file. Nobody who writes a body knows the marker, and with it the boundary."""
    name = file_name(file.name)
    head = _lines(f'Content-Type: multipart/mixed; boundary="{boundary}"', "", f"--{boundary}")
    file_head = _lines(
        "",
        f"--{boundary}",
        f"Content-Type: {_media_type(name)}",
        f"Content-Disposition: attachment; {_file_name_parameter(name)}",
        "Content-Transfer-Encoding: base64",
        "",
    )
    encoded = base64.encodebytes(file.content).replace(b"\n", CRLF.encode())
    return b"".join((head, _body_part(letter), file_head, encoded, _lines(f"--{boundary}--")))


def file_name(text: str) -> str:
    """The name without folders and controls; empty when nothing is left. What opens it may trust the name."""
    name = _CONTROLS.sub(" ", _SURROGATES.sub(_UNKNOWN, text)).replace("\\", "/").rpartition("/")[2].strip()
    return name if name.strip(".") else ""


@cache
def _types() -> mimetypes.MimeTypes:
    types = mimetypes.MimeTypes()
    for ending, kind in _OFFICE.items():
        types.add_type(f"application/vnd.openxmlformats-officedocument.{kind}", ending)
    return types


def _media_type(name: str) -> str:
    """By the name's ending, from Python's own table: that of the machine differs from machine to machine."""
    found, compression = _types().guess_type(name)
    is_plain = found and not compression and not found.startswith(("message/", "multipart/"))
    return found if found and is_plain else "application/octet-stream"


def _file_name_parameter(name: str) -> str:
    if name.isascii():
        return f'filename="{quote(name)}"'
    return f"filename*={encode_rfc2231(name, 'utf-8')}"


def _text(text: str, header: str) -> str:
    """A header's value on folded lines. Line ends and other controls in it become single spaces."""
    return _encoded(_CONTROLS.sub(" ", _SURROGATES.sub(_UNKNOWN, text)).strip(), header)


def _mailbox(mailbox: Mailbox, header: str) -> str:
    name = _CONTROLS.sub(" ", _SURROGATES.sub(_UNKNOWN, mailbox.name)).strip()
    if not name:
        return mailbox.address
    if len(name) <= _PLAIN_WORD and name.isascii() and "=?" not in name:
        return f'"{quote(name)}" <{mailbox.address}>'
    return f"{Header(name, 'utf-8', maxlinelen=_LINE, header_name=header).encode(linesep=CRLF)} <{mailbox.address}>"


def _encoded(text: str, header: str) -> str:
    """Plain where that is safe and can be folded, else encoded words (RFC 2047)."""
    foldable = "  " not in text and all(len(word) <= _PLAIN_WORD for word in text.split(" "))
    charset = "us-ascii" if foldable and text.isascii() and "=?" not in text else "utf-8"
    return Header(text, charset, maxlinelen=_LINE, header_name=header).encode(linesep=CRLF)


# ------------------------------------------------------------------ reading


@dataclass(frozen=True, kw_only=True)
class AttachedFile:
    """An attachment as its message names it. Gmail gives it another id at each reading."""

    filename: str
    attachment_id: str
    type: str


@dataclass(frozen=True, kw_only=True)
class Received:
    """A message of the mailbox, taken apart."""

    subject: str
    text_body: str
    html_body: str
    to: str
    sender: str
    cc: tuple[str, ...]
    bcc: tuple[str, ...]
    date: datetime | None
    attachments: tuple[AttachedFile, ...]


def read_message(message: Mapping[str, Any], fetch: Callable[[str], bytes]) -> Received:
    """Take apart a message as ``messages.get`` gives it in the format *full*.

    Header values come decoded and texts as UTF-8, whatever their own charset was. ``fetch`` gets the bytes
    behind an attachment id: Gmail hands long texts out that way too.
    """
    payload = message.get("payload") or {}
    parts = tuple(_leaves(payload))
    return Received(
        subject=_header(payload, "Subject"),
        text_body=_body(parts, "text/plain", fetch),
        html_body=_body(parts, "text/html", fetch),
        to=_header(payload, "To"),
        sender=_header(payload, "From"),
        cc=_addresses(_header(payload, "Cc")),
        bcc=_addresses(_header(payload, "Bcc")),
        date=_date(payload, message),
        attachments=tuple(_attached(part) for part in parts if not _is_text(part) and _attachment_id(part)),
    )


def header_of(message: Mapping[str, Any], name: str) -> str:
    """One header of a message as the API gives it, or an empty text."""
    return _header(message.get("payload") or {}, name)


def _header(part: Mapping[str, Any], name: str) -> str:
    wanted = name.lower()
    values = [each.get("value", "") for each in part.get("headers") or [] if each.get("name", "").lower() == wanted]
    return ", ".join(values)


def _leaves(part: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The parts that hold content, in order. An attached message is one part, its own parts aren't ours."""
    inner = part.get("parts") or []
    if inner and part.get("mimeType") != "message/rfc822":
        for each in inner:
            yield from _leaves(each)
    else:
        yield part


def _is_text(part: Mapping[str, Any]) -> bool:
    """Whether the part is the message's own text and not a file beside it."""
    is_file = part.get("filename") or _header(part, "Content-Disposition").lower().startswith("attachment")
    return part.get("mimeType") in {"text/plain", "text/html"} and not is_file


def _attachment_id(part: Mapping[str, Any]) -> str:
    return str((part.get("body") or {}).get("attachmentId") or "")


def _attached(part: Mapping[str, Any]) -> AttachedFile:
    return AttachedFile(
        filename=str(part.get("filename") or ""),
        attachment_id=_attachment_id(part),
        type=str(part.get("mimeType") or ""),
    )


def _body(parts: tuple[Mapping[str, Any], ...], mime_type: str, fetch: Callable[[str], bytes]) -> str:
    """All texts of one type, such as a letter and the footer that a list has put below it."""
    wanted = (part for part in parts if part.get("mimeType") == mime_type and _is_text(part))
    return "\n".join(filter(None, (_content_of(part, fetch) for part in wanted)))


def _content_of(part: Mapping[str, Any], fetch: Callable[[str], bytes]) -> str:
    data = (part.get("body") or {}).get("data")
    attachment = _attachment_id(part)
    raw = decode(data) if data else fetch(attachment) if attachment else b""
    return _as_text(raw, _header(part, "Content-Type")).replace(CRLF, "\n")


def decode(data: str) -> bytes:
    """The API's base64: URL alphabet, padding kept or left off."""
    return base64.urlsafe_b64decode(data + "=" * (-len(data) % 4))


def encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode("ascii")


def _as_text(raw: bytes, content_type: str) -> str:
    """UTF-8 first: Gmail converts texts, and leaves the header that names another charset."""
    declared = EmailMessage()
    declared["Content-Type"] = content_type or "text/plain"
    for charset in ("utf-8", declared.get_content_charset("utf-8")):
        try:
            return raw.decode(charset)
        except (UnicodeDecodeError, LookupError):
            continue
    return raw.decode("utf-8", "replace")


def _addresses(value: str) -> tuple[str, ...]:
    """A list of addresses, each as one writes it."""
    pairs = [pair for pair in getaddresses([value]) if pair[1]]
    return tuple(_shown(name, address) for name, address in pairs) or ((value,) if value else ())


def _shown(name: str, address: str) -> str:
    return f"{name} <{address}>" if name else address


def _date(payload: Mapping[str, Any], message: Mapping[str, Any]) -> datetime | None:
    """When the sender says it was sent; when Gmail took it in, where the header can't be read."""
    try:
        sent = parsedate_to_datetime(_header(payload, "Date"))
        return sent if sent.tzinfo else sent.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        received = str(message.get("internalDate") or "")
        return datetime.fromtimestamp(int(received) / 1000, UTC) if received.isdecimal() else None
