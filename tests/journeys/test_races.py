"""Two consoles on one database, pressed at once."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
import requests

from tests.console_visitor import ConsoleVisitor, csrf_token
from tests.processes import Stack

pytestmark = pytest.mark.xdist_group("processes")

CALLBACKS, CARD_RUNS, FORMS = 8, 50, 8


def test_the_same_callback_eight_times_at_two_processes_makes_one_exchange(
    stack: Stack, figure: Callable[[str], None]
) -> None:
    visitor = ConsoleVisitor(stack, "ada@console.example")
    attempt = visitor.ask("Raced callback")
    answer = visitor.consent_at_google(attempt, "ada@acme.example")
    stack.sandbox("DELETE", "journal")
    query = urlencode(answer, doseq=True)

    def arrive(index: int) -> str:
        response = requests.get(
            f"{stack.at(index)}/connections/callback/google/?{query}",
            cookies=visitor.session.cookies.get_dict(),
            headers={"Host": stack.host},
            allow_redirects=False,
            timeout=60,
        )
        return response.headers["Location"]

    with ThreadPoolExecutor(CALLBACKS) as pool:
        places = list(pool.map(arrive, range(CALLBACKS)))

    exchanges = stack.journal("/token")
    figure(f"{CALLBACKS} callbacks at two processes: {len(exchanges)} exchange")
    assert len(exchanges) == 1
    assert sum("mismatch" not in place for place in places) == 1
    assert visitor.api("GET", f"connections/authorizations/{attempt}").json()["state"] == "succeeded"


def test_fifty_card_runs_at_two_processes_on_an_expired_token_make_one_token_request(
    stack: Stack, figure: Callable[[str], None]
) -> None:
    visitor = ConsoleVisitor(stack, "ada@console.example")
    connection = visitor.connect("Raced refresh", "cleo@acme.example")
    message = stack.newest_message("cleo@acme.example")["id"]
    stack.manage("shell", "-c", EXPIRE.format(connection=connection))
    stack.sandbox("DELETE", "journal")
    key = visitor.api_key("card.run", "connection.use", "run.view")

    def run(index: int) -> int:
        return requests.post(
            f"{stack.at(index)}/api/v1/cards/gmail.read_email/runs",
            json={"connection": connection, "options": {}, "inputs": {"message_id": message}},
            headers={"Host": stack.host, "Authorization": f"Bearer {key}"},
            timeout=120,
        ).status_code

    with ThreadPoolExecutor(CARD_RUNS) as pool:
        answers = list(pool.map(run, range(CARD_RUNS)))

    refreshes = stack.journal("/token")
    figure(f"{CARD_RUNS} card runs at two processes on an expired token: {len(refreshes)} token request")
    assert answers == [requests.codes.ok] * CARD_RUNS
    assert len(refreshes) == 1


def test_the_same_form_eight_times_at_two_processes_sends_one_mail(stack: Stack, figure: Callable[[str], None]) -> None:
    visitor = ConsoleVisitor(stack, "ada@console.example")
    connection = visitor.connect("Raced form", "ada@acme.example")
    page = visitor.get(f"/cards/gmail.send_email/test/?connection={connection}").text
    once = re.search(r'name="once" value="(\w+)"', page)
    assert once is not None
    form = {
        "csrfmiddlewaretoken": csrf_token(page),
        "once": once.group(1),
        "connection": connection,
        "body_is_html": "no",
        "to": "ben@acme.example",
        "subject": "Raced form",
    }
    stack.sandbox("DELETE", "journal")

    def press(index: int) -> str:
        response = requests.post(
            f"{stack.at(index)}/cards/gmail.send_email/test/",
            data=form,
            cookies=visitor.session.cookies.get_dict(),
            headers={"Host": stack.host, "Referer": stack.url},
            allow_redirects=False,
            timeout=60,
        )
        return response.headers["Location"]

    with ThreadPoolExecutor(FORMS) as pool:
        places = set(pool.map(press, range(FORMS)))

    sent = stack.journal("/gmail/v1/users/me/drafts/send", method="POST")
    figure(f"{FORMS} presses of Run at two processes: {len(places)} run, {len(sent)} mail")
    assert len(places) == 1
    assert len(sent) == 1


EXPIRE = """
from datetime import timedelta
from connections.models import Credential
from kernel.clock import now
Credential.objects.filter(connection="{connection}").update(access_expires_at=now() - timedelta(seconds=1))
"""
