"""A reauthorization's answer arrives at one of two consoles while both run cards on a token that has expired."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
import requests

from tests.console_visitor import ConsoleVisitor
from tests.journeys.test_races import EXPIRE
from tests.processes import Stack

pytestmark = pytest.mark.xdist_group("processes")

ROUNDS, CARD_RUNS = 5, 12


def test_a_switch_while_both_refresh_loses_no_card_run_and_brings_nothing_back(
    stack: Stack, figure: Callable[[str], None]
) -> None:
    visitor = ConsoleVisitor(stack, "ada@console.example")
    connection = visitor.connect("Raced switch", "cleo@acme.example")
    message = stack.newest_message("cleo@acme.example")["id"]
    key = visitor.api_key("card.run", "connection.use", "run.view")
    stack.sandbox("DELETE", "journal")

    def run(index: int) -> int:
        return requests.post(
            f"{stack.at(index)}/api/v1/cards/gmail.read_email/runs",
            json={"connection": connection, "options": {}, "inputs": {"message_id": message}},
            headers={"Host": stack.host, "Authorization": f"Bearer {key}"},
            timeout=120,
        ).status_code

    codes: list[int] = []
    for _round in range(ROUNDS):
        attempt = visitor.api("POST", f"connections/{connection}/reauthorizations", json={}).json()["id"]
        query = urlencode(visitor.consent_at_google(attempt, "cleo@acme.example"), doseq=True)
        stack.manage("shell", "-c", EXPIRE.format(connection=connection))
        cookies = visitor.session.cookies.get_dict()
        with ThreadPoolExecutor(CARD_RUNS + 1) as pool:
            first = [pool.submit(run, index) for index in range(CARD_RUNS // 2)]
            back = pool.submit(
                requests.get,
                f"{stack.at(1)}/connections/callback/google/?{query}",
                cookies=cookies,
                headers={"Host": stack.host},
                allow_redirects=False,
                timeout=60,
            )
            then = [pool.submit(run, index) for index in range(CARD_RUNS // 2, CARD_RUNS)]
            codes += [each.result() for each in (*first, *then)]
            assert "mismatch" not in back.result().headers["Location"]
        assert visitor.api("GET", f"connections/authorizations/{attempt}").json()["state"] == "succeeded"
        assert visitor.api("GET", f"connections/{connection}").json()["status"] == "active"

    lost = sum(code != requests.codes.ok for code in codes)
    figure(f"{ROUNDS} switches among {len(codes)} card runs on expired tokens: {lost} runs lost, 0 revocations")
    assert lost == 0
    assert run(0) == requests.codes.ok
    assert stack.journal("/revoke") == []
    shown = stack.manage("shell", "-c", CREDENTIALS.format(connection=connection))
    assert shown.stdout.strip().splitlines()[-1] == f"['live'] {ROUNDS}"


CREDENTIALS = """
from connections.models import Credential
of = Credential.objects.filter(connection="{connection}")
kept = [each.state for each in of if each.sealed_refresh_token or each.sealed_access_token]
print(kept, of.filter(state="retired").count())
"""
