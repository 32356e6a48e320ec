"""The ids Gmail gives out, in the form it gives them: for messages, drafts, attachments and the Message-ID header."""

import base64
import binascii
import hashlib
import re
import secrets

from google_sandbox.errors import GoogleError

HEX_ID = re.compile(r"[0-9a-fA-F]{1,16}")
DRAFT_ID = re.compile(r"r?-?[0-9]{1,20}|[0-9a-fA-F]{1,16}")
ATTACHMENT_PREFIX = "ANGjdJ"
NONCE_BYTES = 160
HASH_BYTES = 8
MOST_BITS = 0xFFFFF


def message_id(milliseconds: int, bits: int | None = None) -> str:
    """16 hex digits: the time in milliseconds, then 20 random bits."""
    return f"{milliseconds:011x}{secrets.randbelow(MOST_BITS) if bits is None else bits:05x}"


def following(message: str) -> str:
    """The next id in order."""
    return f"{int(message, 16) + 1:016x}"


def draft_id() -> str:
    return f"r{secrets.choice(('', '-'))}{secrets.randbits(62) + 10**18}"


def message_id_header() -> str:
    """The Message-ID that Gmail puts in place of the caller's."""
    return f"<CA{secrets.token_urlsafe(33)}@mail.gmail.com>"


def attachment_id(message: str, part: str) -> str:
    """Another text at every call, as at Gmail, that still says which part is meant."""
    named = f"{message} {part}".encode()
    return _seal(secrets.token_bytes(NONCE_BYTES), hashlib.sha256(named).digest()[:HASH_BYTES] + named)


def part_of_attachment(message: str, attachment: str) -> str:
    """The part of this message that an attachment id names."""
    invalid = GoogleError(400, "Invalid attachment token", reason="invalidArgument")
    try:
        sealed = base64.urlsafe_b64decode(attachment.removeprefix(ATTACHMENT_PREFIX) + "==")
    except (binascii.Error, ValueError):
        raise invalid from None
    opened = _mask(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:])
    named = opened[HASH_BYTES:]
    if opened[:HASH_BYTES] != hashlib.sha256(named).digest()[:HASH_BYTES]:
        raise invalid
    owner, _, part = named.decode().partition(" ")
    if owner != message:
        raise invalid
    return part


def valid_id(value: str, message: str = "Invalid id value") -> str:
    """A message or thread id of the right form, in lower case; row 45 when it has not."""
    if not HEX_ID.fullmatch(value):
        raise GoogleError(400, message, reason="invalidArgument")
    return value.lower()


def valid_draft_id(value: str) -> str:
    if not DRAFT_ID.fullmatch(value):
        raise GoogleError(400, "Invalid id value", reason="invalidArgument")
    return value


def not_found() -> GoogleError:
    return GoogleError(404, "Requested entity was not found.", reason="notFound")


def already_exists() -> GoogleError:
    return GoogleError(409, "Requested entity already exists", reason="alreadyExists")


def failed_precondition(message: str) -> GoogleError:
    return GoogleError(400, message, reason="failedPrecondition", rpc_status="FAILED_PRECONDITION")


def invalid_argument(message: str) -> GoogleError:
    return GoogleError(400, message, reason="invalidArgument")


def _seal(nonce: bytes, text: bytes) -> str:
    return ATTACHMENT_PREFIX + base64.urlsafe_b64encode(nonce + _mask(nonce, text)).rstrip(b"=").decode()


def _mask(nonce: bytes, text: bytes) -> bytes:
    # Nothing here is secret: the id only has to look as random as Gmail's
    stream = hashlib.shake_256(nonce).digest(len(text))
    return bytes(one ^ other for one, other in zip(text, stream, strict=True))
