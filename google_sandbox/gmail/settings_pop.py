"""users.settings: POP."""

from typing import Any

from google_sandbox.gmail.body import typed_body
from google_sandbox.gmail.call import Call
from google_sandbox.gmail.settings import FIRST, POP, read_setting, write_setting


def get_pop(call: Call) -> dict[str, Any]:
    with call.mailbox() as mailbox:
        return read_setting(mailbox.db, mailbox.sub, POP)


def update_pop(call: Call) -> dict[str, Any]:
    """Replaces all of it: what is left out goes back to where it began, which is off."""
    pop = FIRST[POP] | typed_body(call)
    with call.mailbox() as mailbox:
        return write_setting(mailbox.db, mailbox.sub, POP, pop)
