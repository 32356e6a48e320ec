"""What looks like a secret, and how it is masked, wherever text leaves the process."""

import re

MASK = "[redacted]"

_PATTERNS = re.compile(
    r"""
      ya29\.[\w.-]+                                   # access tokens
    | 1//[\w-]{8,}                                    # refresh tokens
    | 4/0[\w-]{8,}                                    # authorization codes
    | 4%2F0[\w-]{8,}
    | GOCSPX-[\w-]+                                   # client secrets
    | wfc_[\w-]{8,}                                   # this console's API keys
    | eyJ[\w-]+\.[\w-]+\.[\w-]*                       # JSON Web Tokens
    | (?i:bearer|basic)\s+[\w.~+/=-]{8,}
    | (?i:(?<=code=)|(?<=state=)|(?<=nonce=)|(?<=code_verifier=)|(?<=refresh_token=)|(?<=access_token=)
      |(?<=id_token=)|(?<=client_secret=)|(?<=password=)|(?<=token=)|(?<=assertion=))[^&\s"']+
    """,
    re.VERBOSE,
)


def redact(text: str) -> str:
    """The text with everything masked that looks like a secret."""
    return _PATTERNS.sub(MASK, text)
