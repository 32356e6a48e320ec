"""What is known of a message from its bytes alone: its words for searching, its snippet, what threads it."""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.message import EmailMessage, MIMEPart
from html.parser import HTMLParser

from google_sandbox.gmail.header_block import POLICY, decoded

SNIPPET_CHARACTERS = 200
# Enough for any staged mail; a book in a body would only make the table slow
TEXT_CHARACTERS = 50_000
WORD = re.compile(r"\w+")
MESSAGE_ID = re.compile(r"<[^<>\s]+>")
REPLY_PREFIX = re.compile(r"^(?:\s*(?:re|fwd?|aw|wg|sv)\s*:)+\s*", re.IGNORECASE)
RECIPIENT_HEADERS = ("To", "Cc", "Bcc")


@dataclass(frozen=True, kw_only=True)
class Content:
    """One message's bytes and what mailboxes keep beside them."""

    raw: bytes
    message_id: str = ""
    references: tuple[str, ...] = ()
    subject: str = ""
    sender: str = ""
    to: str = ""
    cc: str = ""
    bcc: str = ""
    text: str = ""
    filenames: tuple[str, ...] = ()

    @classmethod
    def parse(cls, raw: bytes) -> "Content":
        message = parse_message(raw)
        parts = list(leaves(message))
        return cls(
            raw=raw,
            message_id=decoded(message["Message-ID"] or "").strip(),
            references=references(message),
            subject=decoded(message["Subject"] or ""),
            sender=decoded(message["From"] or ""),
            to=_all(message, "To"),
            cc=_all(message, "Cc"),
            bcc=_all(message, "Bcc"),
            text=body_text(parts),
            filenames=tuple(filter(None, (filename(part) for part in parts))),
        )

    def without_bcc(self, raw: bytes) -> "Content":
        """The same message as its recipients get it."""
        return replace(self, raw=raw, bcc="")

    @property
    def thread_subject(self) -> str:
        return thread_subject(self.subject)

    @property
    def snippet(self) -> str:
        """The beginning of the text, escaped as Gmail escapes it."""
        text = " ".join(self.text[: SNIPPET_CHARACTERS * 5].split())[:SNIPPET_CHARACTERS]
        return html.escape(text).replace("&#x27;", "&#39;")

    def columns(self) -> dict[str, object]:
        """The row of the table `contents`."""
        own_words = (self.subject, self.sender, self.to, self.cc, self.bcc, *self.filenames)
        return {
            "message_id": self.message_id,
            "subject": self.subject,
            "thread_subject": self.thread_subject,
            "sender": self.sender,
            "recipients": ", ".join(filter(None, (self.to, self.cc, self.bcc))),
            "snippet": self.snippet,
            "has_attachment": bool(self.filenames),
            "sender_words": words(self.sender),
            "to_words": words(self.to),
            "cc_words": words(self.cc),
            "bcc_words": words(self.bcc),
            "subject_words": words(self.subject),
            "filename_words": words(*self.filenames),
            "words": words(*own_words, self.text[:TEXT_CHARACTERS]),
            "size": len(self.raw),
            "raw": self.raw,
        }


class _TextOfHtml(HTMLParser):
    """The words of a page, without its styles and scripts."""

    HIDDEN = frozenset({"style", "script", "head", "title"})
    BREAKING = frozenset({"p", "div", "br", "li", "tr", "td", "th", "h1", "h2", "h3", "table", "ul", "ol"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  (the base class names it)
        if tag in self.HIDDEN:
            self._hidden += 1
        if tag in self.BREAKING:
            self.pieces.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        if tag in self.BREAKING:
            self.pieces.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(data)


def parse_message(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=POLICY)


def leaves(message: MIMEPart) -> Iterator[MIMEPart]:
    """The parts that hold content, in order. A forwarded message is one part."""
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        for part in message.iter_parts():
            yield from leaves(part)
    else:
        yield message


def filename(part: MIMEPart) -> str:
    name = part.get_filename() or ""
    return name or ("noname.eml" if part.get_content_type() == "message/rfc822" else "")


def is_attachment(part: MIMEPart) -> bool:
    """Whether Gmail hands this part out by attachment id, and not in place."""
    return bool(filename(part)) or part.get_content_maintype() != "text"


def part_bytes(part: MIMEPart) -> bytes:
    """A part's content, decoded; a text as UTF-8."""
    if part.get_content_type() == "message/rfc822":
        return b"".join(inner.as_bytes() for inner in part.iter_parts())
    data = part.get_payload(decode=True)
    content = data if isinstance(data, bytes) else b""
    if is_attachment(part):
        return content
    charset = part.get_content_charset("utf-8")
    try:
        return content.decode(charset, "replace").encode()
    except LookupError:
        return content


def body_text(parts: Iterable[MIMEPart]) -> str:
    """The plain text of a message, or that of its page when it has no other."""
    page = ""
    for part in parts:
        if is_attachment(part):
            continue
        text = part_bytes(part).decode("utf-8", "replace")
        if part.get_content_subtype() != "html":
            return text
        page = page or text_of_html(text)
    return page


def text_of_html(page: str) -> str:
    parser = _TextOfHtml()
    parser.feed(page)
    parser.close()
    return " ".join("".join(parser.pieces).split())


def references(message: EmailMessage) -> tuple[str, ...]:
    """The Message-IDs this message answers."""
    named = " ".join(decoded(message[name]) for name in ("References", "In-Reply-To") if message[name])
    return tuple(dict.fromkeys(MESSAGE_ID.findall(named)))


def thread_subject(subject: str) -> str:
    """A subject without *Re:* and its like: what two messages of one thread share."""
    return " ".join(REPLY_PREFIX.sub("", subject).split()).casefold()


def words(*texts: str) -> str:
    """Texts as their words between single spaces: a phrase is found by a plain search for ` a phrase `, in one text."""
    found = (" ".join(WORD.findall(text.casefold())) for text in texts)
    return f" {' | '.join(filter(None, found))} "


def _all(message: EmailMessage, name: str) -> str:
    return ", ".join(decoded(value) for value in message.get_all(name, []))
