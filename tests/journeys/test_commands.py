"""The commands an operator types, against a running stack: what they do, say and answer, and what they never show."""

import json
import re

import pytest
import requests

from tests.console_visitor import ConsoleVisitor
from tests.processes import Stack

pytestmark = pytest.mark.xdist_group("processes")

FIRST, SECOND = "Lapwing-2093-nests", "Dunlin-2093-wades"


def test_an_administrator_made_by_command_signs_in_and_a_new_password_replaces_the_old(stack: Stack) -> None:
    email = "olga@console.example"
    made = stack.manage("create_administrator", email, "--name", "Olga Brandt", stdin=f"{FIRST}\n")
    ConsoleVisitor(stack, email, FIRST)
    changed = stack.manage("set_password", email, stdin=f"{SECOND}\n")
    ConsoleVisitor(stack, email, SECOND)
    with pytest.raises(AssertionError, match="password is wrong"):
        ConsoleVisitor(stack, email, FIRST)
    shown = made.stdout + made.stderr + changed.stdout + changed.stderr
    assert FIRST not in shown
    assert SECOND not in shown


def test_an_empty_password_is_made_and_shown_once(stack: Stack) -> None:
    made = stack.manage("create_administrator", "piet@console.example", stdin="\n")
    words = re.findall(r"\S{16,}", made.stdout)
    passwords = [word for word in words if "@" not in word]
    assert len(passwords) == 1
    ConsoleVisitor(stack, "piet@console.example", passwords[0])


def test_a_key_is_shown_once_and_opens_what_it_lists(stack: Stack) -> None:
    arguments = ("ada@console.example", "--name", "Nightly report", "--permission", "connection.view")
    made = stack.manage("create_api_key", *arguments)
    keys = re.findall(r"wfc_[\w-]+", made.stdout + made.stderr)
    assert len(keys) == 1
    headers = {"Authorization": f"Bearer {keys[0]}"}
    assert requests.get(f"{stack.url}/api/v1/connections", headers=headers, timeout=30).status_code == 200
    refused = requests.post(f"{stack.url}/api/v1/cards/gmail.read_email/runs", json={}, headers=headers, timeout=30)
    assert refused.status_code in {403, 422}
    assert keys[0] not in (stack.folder / "processes.log").read_text(errors="replace")


def test_connections_are_listed_and_shown_as_text_and_as_json(stack: Stack) -> None:
    listed = json.loads(stack.manage("connections", "list", "--json").stdout)
    by_name = {each["nickname"]: each for each in listed}
    payroll = by_name["Payroll notices"]
    assert payroll["status"] == "needs_reauthorization"
    assert payroll["id"] in stack.manage("connections", "list", "--status", "needs_reauthorization").stdout
    shown = stack.manage("connections", "show", "Payroll notices").stdout
    assert "ben@acme.example" in shown
    assert "Reauthorize Payroll notices" in shown
    assert json.loads(stack.manage("connections", "show", payroll["id"], "--json").stdout)["id"] == payroll["id"]
    unknown = stack.manage("connections", "show", "No such nickname", check=False)
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert stack.manage("connections", "mend", check=False).returncode == 2


def test_a_card_runs_from_the_command_line_and_a_failure_says_cause_and_remedy(stack: Stack) -> None:
    message = stack.newest_message("ada@acme.example")
    card = ("run_card", "gmail.read_email", "--as", "ada@console.example")
    run = stack.manage(*card, "--connection", "IT service desk", "--input", f"message_id={message['id']}")
    assert message["subject"] in run.stdout
    failed = stack.manage(
        *card, "--connection", "Leaver handover", "--input", f"message_id={message['id']}", check=False
    )
    assert failed.returncode == 1
    assert "gmail.readonly" in failed.stderr
    assert "Reauthorize" in failed.stderr
    others = stack.manage(*card, "--connection", "Travel desk", "--input", "message_id=1", check=False)
    assert others.returncode == 1  # Ada may see Cleo's connection, but not use it
