"""The sandbox's control API, as far as the demo needs it."""

import time
from typing import Any

import requests
from django.conf import settings

WAIT_SECONDS = 30
TIMEOUT = 10


class SandboxSilent(Exception):
    """The sandbox didn't come up in time."""


def wait_for_sandbox() -> None:
    """Until it answers: ``make run`` starts it beside this. :raises SandboxSilent: it never did."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        try:
            _call("GET", "healthz")
        except requests.RequestException:
            time.sleep(0.1)
        else:
            return
    raise SandboxSilent


def limit_next_grant(account: str, seconds: int) -> None:
    """The account's next grant ends after so many seconds. Asked for twice, it is still one."""
    wanted = {"name": "time_limited", "value": str(seconds), "account": account, "count": 1}
    staged = _call("GET", "scenarios")["scenarios"]
    if not any(wanted.items() <= each.items() for each in staged):
        _call("POST", "scenarios", json=wanted)


def remove_access(account: str) -> None:
    """The account's owner takes the console's access away on Google's pages."""
    _call("POST", "revoke", json={"account": account})


def newest_message(account: str) -> str | None:
    """The id of the newest message in the account's mailbox, None where there is none."""
    messages = _call("GET", f"accounts/{account}/messages")["messages"]
    return str(messages[0]["id"]) if messages else None


def _call(method: str, path: str, **options: Any) -> Any:
    response = requests.request(method, f"{settings.SANDBOX_URL}/_sandbox/api/{path}", timeout=TIMEOUT, **options)
    response.raise_for_status()
    return response.json()
