"""users.settings: IMAP."""

from typing import Any

from google_sandbox.gmail.body import typed_body
from google_sandbox.gmail.call import Call
from google_sandbox.gmail.ids import invalid_argument
from google_sandbox.gmail.settings import IMAP, read_setting, write_setting

FOLDER_SIZES = (0, 1000, 2000, 5000, 10_000)


def get_imap(call: Call) -> dict[str, Any]:
    with call.mailbox() as mailbox:
        return read_setting(mailbox.db, mailbox.sub, IMAP)


def update_imap(call: Call) -> dict[str, Any]:
    """Replaces all of it: what is left out is off, no limit, or archived."""
    given = typed_body(call)
    if given.get("maxFolderSize", 0) not in FOLDER_SIZES:
        raise invalid_argument("Invalid maxFolderSize")
    imap = {"enabled": False, "autoExpunge": False, "expungeBehavior": "archive", "maxFolderSize": 0} | given
    with call.mailbox() as mailbox:
        return write_setting(mailbox.db, mailbox.sub, IMAP, imap)
