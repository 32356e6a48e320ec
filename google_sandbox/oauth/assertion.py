"""A signed JWT taken apart: its claims before anybody has looked at the signature."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class MalformedError(ValueError):
    """The text is no JWT."""


@dataclass(frozen=True)
class Assertion:
    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signed: bytes
    signature: bytes


def read(text: str) -> Assertion:
    """:raises MalformedError:"""
    signed, _, signature = text.rpartition(".")
    try:
        header, claims = (json.loads(_decoded(part)) for part in signed.split("."))
        made = Assertion(header, claims, signed.encode("ascii"), _decoded(signature))
    except (ValueError, binascii.Error) as error:
        raise MalformedError from error
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise MalformedError
    return made


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
