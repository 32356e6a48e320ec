"""An answer from Google and a deletion, at two consoles at once: whoever comes first, no token lives on."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
import requests

from tests.console_visitor import ConsoleVisitor
from tests.processes import Stack

pytestmark = pytest.mark.xdist_group("processes")

ACCOUNT = "emil@acme.example"
DELAYS = (0, 0.02, 0.05, 0.1, 0.2, 0.4)
"""Seconds by which the deletion comes later than the callback."""

LEFT = """
from connections.models import ConsentAttempt, Credential, Revocation
from vault.models import DataKey
ids = {ids!r}
attempts = [str(pk) for pk in ConsentAttempt.objects.filter(connection__in=ids).values_list("pk", flat=True)]
print(
    Credential.objects.filter(connection__in=ids).count(),
    DataKey.objects.filter(owner_uuid__in=ids + attempts).count(),
    ConsentAttempt.objects.filter(connection__in=ids, outcome__in=["pending", "staged"]).count(),
    Revocation.objects.filter(connection__in=ids, state="waiting").count(),
    ConsentAttempt.objects.filter(connection__in=ids, outcome="succeeded", purpose="reauthorize").count(),
)
"""


def test_a_callback_against_a_deletion_leaves_no_live_token(stack: Stack, figure: Callable[[str], None]) -> None:
    stack.sandbox("POST", f"accounts/{ACCOUNT}", json={"suspended": False})  # nobody else has a connection to it
    visitor = ConsoleVisitor(stack, "ada@console.example")
    key = visitor.api_key("connection.view", "connection.delete")
    headers = {"Host": stack.host, "Authorization": f"Bearer {key}"}
    ids, alive = [], []
    for number, delay in enumerate(DELAYS):
        connection = visitor.connect(f"Raced deletion {number}", ACCOUNT)
        ids.append(connection)
        attempt = visitor.api("POST", f"connections/{connection}/reauthorizations", json={}).json()["id"]
        answer = visitor.consent_at_google(attempt, ACCOUNT)

        def arrive(query: str = urlencode(answer, doseq=True)) -> int:
            return requests.get(
                f"{stack.at(0)}/connections/callback/google/?{query}",
                cookies=visitor.session.cookies.get_dict(),
                headers={"Host": stack.host},
                allow_redirects=False,
                timeout=60,
            ).status_code

        def delete(connection: str = connection, delay: float = delay) -> int:
            time.sleep(delay)  # how far the callback has come
            address = f"{stack.at(1)}/api/v1/connections/{connection}"
            return requests.delete(address, headers=headers, timeout=60).status_code

        with ThreadPoolExecutor(2) as pool:
            arrived, deleted = pool.submit(arrive), pool.submit(delete)
        assert (arrived.result(), deleted.result()) == (303, 200)
        alive += [grant for grant in stack.sandbox("GET", "state")["grants"] if grant["email"] == ACCOUNT]
    left = stack.manage("shell", "-v", "0", "-c", LEFT.format(ids=ids)).stdout.split()
    *left, first = left
    stack.sandbox("POST", f"accounts/{ACCOUNT}", json={"suspended": True})
    figure(
        f"{len(DELAYS)} callbacks against deletions, {first} of them done before: "
        f"{len(alive)} grants and {left[0]} credentials left"
    )
    assert alive == []
    assert left == ["0", "0", "0", "0"]
