"""users.settings: the language Gmail is shown in, always one that Gmail has (row 54)."""

import re
from typing import Any

from google_sandbox.gmail.body import typed_body
from google_sandbox.gmail.call import Call
from google_sandbox.gmail.ids import invalid_argument
from google_sandbox.gmail.settings import FIRST, LANGUAGE, read_setting, write_setting

LANGUAGES = (
    "af", "am", "ar", "az", "bg", "bn", "ca", "cs", "cy", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "eu",
    "fa", "fi", "fil", "fr", "fr-CA", "ga", "gl", "gu", "he", "hi", "hr", "hu", "hy", "id", "is", "it", "ja", "ka",
    "km", "kn", "ko", "lo", "lt", "lv", "ml", "mn", "mr", "ms", "my", "ne", "nl", "no", "pa", "pl", "pt-BR", "pt-PT",
    "ro", "ru", "si", "sk", "sl", "sr", "sv", "sw", "ta", "te", "th", "tr", "uk", "ur", "vi", "zh-CN", "zh-HK",
    "zh-TW", "zu", "split",
)  # fmt: skip
BY_LOWER_CASE = {language.lower(): language for language in LANGUAGES}
# Tags whose nearest variant does not begin like them, and those of which Gmail has several
NEAREST = {
    "iw": "he", "in": "id", "tl": "fil", "nb": "no", "nn": "no", "pt": "pt-PT", "zh": "zh-CN", "zh-hans": "zh-CN",
    "zh-sg": "zh-CN", "zh-hant": "zh-TW", "zh-mo": "zh-HK", "en-au": "en-GB", "en-nz": "en-GB", "en-ie": "en-GB",
    "es-mx": "es-419", "es-ar": "es-419", "es-co": "es-419", "es-cl": "es-419", "es-pe": "es-419",
}  # fmt: skip
TAG = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")


def get_language(call: Call) -> dict[str, Any]:
    with call.mailbox() as mailbox:
        return read_setting(mailbox.db, mailbox.sub, LANGUAGE)


def update_language(call: Call) -> dict[str, Any]:
    tag = typed_body(call).get("displayLanguage", "")
    if not TAG.fullmatch(tag):
        raise invalid_argument("Invalid displayLanguage")
    with call.mailbox() as mailbox:
        return write_setting(mailbox.db, mailbox.sub, LANGUAGE, {"displayLanguage": nearest(tag)})


def nearest(tag: str) -> str:
    """The tag itself, else that of ever fewer of its parts, else what Gmail begins with."""
    parts = tag.lower().split("-")
    while parts:
        wanted = "-".join(parts)
        found = BY_LOWER_CASE.get(wanted) or NEAREST.get(wanted)
        if found:
            return found
        parts.pop()
    return str(FIRST[LANGUAGE]["displayLanguage"])
