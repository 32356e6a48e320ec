"""A message's header lines as bytes, to be read and replaced one by one while the body stays as it came."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import BaseHeader, HeaderRegistry
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import SMTP

FIELD = re.compile(rb"[^\r\n:]+:[^\r\n]*(?:\r\n[ \t][^\r\n]*)*\r\n")
LONE_LINE_FEED = re.compile(rb"(?<!\r)\n")
END_OF_HEADER = b"\r\n\r\n"


class TolerantHeaders(HeaderRegistry):
    """Each header by its own grammar. What the library's parser stumbles over (`To: ben@`) is read as plain text."""

    def __call__(self, name: str, value: str) -> BaseHeader:
        try:
            return super().__call__(name, value)
        except (MessageError, IndexError, AttributeError, ValueError, TypeError):
            return PLAIN(name, value)


PLAIN = HeaderRegistry(use_default_map=False)
POLICY = SMTP.clone(header_factory=TolerantHeaders())


@dataclass(frozen=True)
class HeaderBlock:
    """The fields in their order, each with its line end, and the body."""

    fields: tuple[bytes, ...]
    body: bytes

    @classmethod
    def split(cls, raw: bytes) -> "HeaderBlock":
        # A caller may end lines with LF alone; Gmail stores what SMTP knows
        text = LONE_LINE_FEED.sub(b"\r\n", raw)
        if text.startswith(b"\r\n"):
            return cls((), text[2:])
        head, found, body = text.partition(END_OF_HEADER)
        return cls(tuple(FIELD.findall(head + b"\r\n")), body if found else b"")

    def names(self) -> Iterator[str]:
        return (_name(each) for each in self.fields)

    def without(self, names: Collection[str]) -> "HeaderBlock":
        dropped = {name.lower() for name in names}
        return HeaderBlock(tuple(each for each in self.fields if _name(each) not in dropped), self.body)

    def with_field(self, name: str, value: str) -> "HeaderBlock":
        """A field in place of the first of its name, or after all others."""
        line = fold(name, value)
        wanted = name.lower()
        if wanted not in self.names():
            return HeaderBlock((*self.fields, line), self.body)
        fields: list[bytes] = []
        for each in self.fields:
            if _name(each) != wanted:
                fields.append(each)
            elif line:
                fields.append(line)
                line = b""
        return HeaderBlock(tuple(fields), self.body)

    def before(self, name: str, value: str) -> "HeaderBlock":
        """With one more field before all others, as each server adds its own on the way."""
        return HeaderBlock((fold(name, value), *self.fields), self.body)

    def parsed(self) -> EmailMessage:
        """The fields alone, readable by name."""
        return BytesHeaderParser(policy=POLICY).parsebytes(b"".join(self.fields) + b"\r\n")

    def joined(self) -> bytes:
        return b"".join((*self.fields, b"\r\n", self.body))


def fold(name: str, value: str) -> bytes:
    return POLICY.fold_binary(name, value)


def decoded(value: object) -> str:
    """A header's value as text on one line."""
    return " ".join(str(value).splitlines())


def _name(field: bytes) -> str:
    return field.partition(b":")[0].strip().lower().decode("ascii", "replace")
