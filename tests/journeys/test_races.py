"""Two consoles on one database, pressed at once."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
import requests

from tests.console_visitor import ConsoleVisitor
from tests.processes import Stack

pytestmark = pytest.mark.xdist_group("processes")


def test_the_same_callback_eight_times_at_two_processes_makes_one_exchange(stack: Stack) -> None:
    visitor = ConsoleVisitor(stack, "ada@console.example")
    attempt = visitor.ask("Raced callback")
    answer = visitor.consent_at_google(attempt, "ada@acme.example")
    stack.sandbox("DELETE", "journal")
    query = urlencode(answer, doseq=True)

    def arrive(index: int) -> str:
        base = stack.url if index % 2 else stack.second_url
        response = requests.get(
            f"{base}/connections/callback/google/?{query}",
            cookies=visitor.session.cookies.get_dict(),
            headers={"Host": f"127.0.0.1:{stack.port}"},
            allow_redirects=False,
            timeout=60,
        )
        return response.headers["Location"]

    with ThreadPoolExecutor(8) as pool:
        places = list(pool.map(arrive, range(8)))

    exchanges = [entry for entry in stack.sandbox("GET", "journal")["entries"] if entry["path"] == "/token"]
    assert len(exchanges) == 1
    assert sum("mismatch" not in place for place in places) == 1
    state = visitor.api("GET", f"connections/authorizations/{attempt}").json()
    assert state["state"] == "succeeded"


def test_fifty_card_runs_at_two_processes_on_an_expired_token_make_one_token_request(stack: Stack) -> None:
    visitor = ConsoleVisitor(stack, "ada@console.example")
    connection = visitor.connect("Raced refresh", "cleo@acme.example")
    message = visitor.any_message_of("cleo@acme.example")
    stack.manage("shell", "-c", EXPIRE.format(connection=connection))
    stack.sandbox("DELETE", "journal")
    key = visitor.api_key("card.run", "connection.use", "run.view")

    def run(index: int) -> int:
        base = stack.url if index % 2 else stack.second_url
        return requests.post(
            f"{base}/api/v1/cards/gmail.read_email/runs",
            json={"connection": connection, "options": {}, "inputs": {"message_id": message}},
            headers={"Host": f"127.0.0.1:{stack.port}", "Authorization": f"Bearer {key}"},
            timeout=120,
        ).status_code

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(run, range(50)))

    assert answers == [200] * 50
    exchanges = [entry for entry in stack.sandbox("GET", "journal")["entries"] if entry["path"] == "/token"]
    assert len(exchanges) == 1


EXPIRE = """
from datetime import timedelta
from connections.models import Credential
from kernel.clock import now
Credential.objects.filter(connection="{connection}").update(access_expires_at=now() - timedelta(seconds=1))
"""
