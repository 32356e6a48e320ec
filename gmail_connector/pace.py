"""Google's quota for one mailbox, spent no faster than it is given: a search of many messages waits its turn.

What is spent beyond a minute's quota Google refuses, and with it all that was read before.
"""

import re
import threading
from dataclasses import dataclass, field
from time import monotonic, sleep

from django.conf import settings

UNITS = {
    "gmail.users.messages.get": 20,
    "gmail.users.messages.list": 5,
    "gmail.users.messages.attachments.get": 20,
    "gmail.users.messages.send": 100,
    "gmail.users.drafts.send": 100,
    "gmail.users.drafts.create": 10,
    "gmail.users.settings.delegates.create": 100,
    "gmail.users.settings.forwardingAddresses.create": 100,
    "gmail.users.settings.sendAs.create": 100,
    "gmail.users.settings.sendAs.patch": 100,
    "gmail.users.settings.sendAs.update": 100,
    "gmail.users.settings.sendAs.verify": 100,
}
"""What methods cost (gmail-cards.md, Quotas). Those that aren't named cost as much as a list, or less."""
SETTINGS_READ = re.compile(r"gmail\.users\.settings\.(?:\w+\.)?(?:get|list)\w*")
UNITS_OF_SETTINGS_READ, UNITS_OF_OTHERS = 1, 5
MINUTE = 60


@dataclass
class Pace:
    """One mailbox's quota in this process: a minute's worth to begin with, then as much as Google gives."""

    left: float
    counted_at: float
    lock: threading.Lock = field(default_factory=threading.Lock)

    def spend(self, units: int) -> float:
        """Take so many units, and give the seconds until Google has given them."""
        a_minute = settings.GMAIL_UNITS_PER_MINUTE
        with self.lock:
            moment = monotonic()
            self.left = min(a_minute, self.left + (moment - self.counted_at) * a_minute / MINUTE) - units
            self.counted_at = moment
            return max(0.0, -self.left * MINUTE / a_minute)


_paces: dict[str, Pace] = {}


def keep_pace(mailbox: str, method: str, *, may_wait: bool) -> None:
    """Count a call, and wait before it where the quota is spent. A write never waits: its step has been recorded."""
    pace = _paces.setdefault(mailbox, Pace(left=settings.GMAIL_UNITS_PER_MINUTE, counted_at=monotonic()))
    seconds = pace.spend(units_of(method))
    if may_wait and seconds:
        sleep(seconds)


def units_of(method: str) -> int:
    """What one call of a method costs, by its id in Gmail's discovery document."""
    if SETTINGS_READ.fullmatch(method):
        return UNITS_OF_SETTINGS_READ
    return UNITS.get(method, UNITS_OF_OTHERS)
