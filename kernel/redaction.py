"""What is or looks like a secret, and how it is masked, wherever text leaves the process."""

import json
import re

MASK = "[redacted]"

_SHAPES = re.compile(
    r"""
      ya29\.[\w.-]+                                   # access tokens
    | 1//[\w-]{8,}                                    # refresh tokens
    | 4(?:/|%2F)0[\w-]{8,}                            # authorization codes
    | GOCSPX-[\w-]+                                   # client secrets
    | wfc_[\w-]{8,}                                   # this console's API keys
    | (?<=/accounts/link/)[\w-]{8,}                   # its one-time links
    | (?<=/hooks/)[\w-]{8,}                           # its API endpoints
    | whsec_[\w+/=-]{8,}                              # what signs deliveries to them
    | eyJ[\w-]+\.[\w-]+\.[\w-]*                       # JSON Web Tokens
    | (?i:bearer|basic)\s+[\w.~+/=-]{8,}
    """,
    re.VERBOSE,
)
_NAMES = "code_verifier|refresh_token|access_token|id_token|client_secret|password|token|assertion"
_PARAMETERS = re.compile(rf"(?i)\b((?:code|state|nonce|{_NAMES})=)[^&\s\"'\\]+")
# In JSON and in Python's repr, also when the JSON is itself a text within JSON.
_MEMBERS = re.compile(rf"(?i)((?:{_NAMES})(\\*[\"'])\s*:\s*\2)(?:(?!\2).)+")

SHORTEST_VALUE = 8
"""A shorter password could stand anywhere by chance; masking it would tell where."""

_own_values: frozenset[str] = frozenset()


def never_show(*values: str) -> None:
    """Mask these values from now on, whatever they look like: this console's own secrets."""
    global _own_values  # noqa: PLW0603  (replaced as a whole, since other threads go through it)
    long = [value for value in values if len(value) >= SHORTEST_VALUE]
    _own_values |= {form for value in long for form in (value, json.dumps(value)[1:-1])}


def redact(text: str) -> str:
    """The text with everything masked that is one of this console's own secrets, or looks like anybody's."""
    for value in _own_values:
        text = text.replace(value, MASK)
    text = _SHAPES.sub(MASK, text)
    text = _PARAMETERS.sub(rf"\1{MASK}", text)
    return _MEMBERS.sub(rf"\1{MASK}", text)
