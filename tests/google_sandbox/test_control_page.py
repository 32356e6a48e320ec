"""The control page as an operator uses it: plain forms, no script, and a way on from every mistake."""

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
import requests

from google_sandbox.cloud.roles import SERVICE_ACCOUNT_USER
from google_sandbox.scenario_kinds import KINDS
from google_sandbox.server import RunningSandbox
from google_sandbox.world import SERVICE_ACCOUNT
from tests.google_sandbox.calling import ADA, BEN, Caller, caller
from tests.google_sandbox.consenting import (
    COMPOSE,
    EMAIL,
    OPENID,
    READONLY,
    TIMEOUT,
    authorized,
    grant,
    open_consent,
    refresh,
)

HOME = "/_sandbox/"
SCOPES = (OPENID, EMAIL, READONLY, COMPOSE)


def page(origin: str, path: str = HOME, /, **parameters: str) -> str:
    answer = requests.get(f"{origin}{path}", params=parameters, timeout=TIMEOUT)
    assert answer.status_code == 200, path
    return unescape(answer.text)


def submit(origin: str, path: str, /, **fields: str) -> requests.Response:
    return requests.post(f"{origin}/_sandbox/{path}", data=fields, timeout=TIMEOUT)


def scenarios(origin: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = requests.get(f"{origin}/_sandbox/api/scenarios", timeout=TIMEOUT).json()["scenarios"]
    return found


@dataclass
class Form:
    """A form as a browser would send it with nothing typed."""

    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.action.rpartition("/")[2]


class FormReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(found["method"], found["action"]))
        elif tag in {"input", "select"}:
            self.forms[-1].fields[found["name"]] = found.get("value", "")


def forms(shown: str) -> list[Form]:
    reader = FormReader()
    reader.feed(shown)
    return reader.forms


# What a person chooses or types where a form needs it
NEEDED = {
    "scenarios": {"name": "cancel"},
    "password": {"password": "another"},
    "grant": {"role": SERVICE_ACCOUNT_USER, "on": "acme-automation"},
    "register": {
        "domain": "acme.example",
        "service_account": SERVICE_ACCOUNT,
        "scopes": "https://www.googleapis.com/auth/gmail.settings.basic",
    },
}


def test_every_link_and_every_button_leads_somewhere(sandbox: RunningSandbox, ada: Caller) -> None:
    """Nothing on the pages is dead: each link opens, each form is taken with what it holds."""
    origin = sandbox.origin
    sent = ada.send_mail()
    grant(origin, ADA, SCOPES)
    submit(origin, "scenarios", name="429", count="1000000")
    accounts = [HOME, *(f"{HOME}accounts/{email}/" for email in (ADA, "emil@acme.example", "fay@acme.example"))]
    for path in (*accounts, f"{HOME}accounts/{ADA}/messages/{sent['id']}/"):
        shown = page(origin, path)
        ids = set(re.findall(r' id="([^"]+)"', shown))
        assert len(ids) == len(re.findall(r' id="[^"]+"', shown)), "an id twice"
        for link in re.findall(r'href="([^"]+)"', shown):
            if link.startswith("#"):
                assert link[1:] in ids, link
            elif link.startswith("/"):
                assert requests.get(f"{origin}{link}", timeout=TIMEOUT).status_code == 200, link
    for path in accounts:
        for form in forms(page(origin, path)):
            options: dict[str, Any] = {
                "data" if form.method == "post" else "params": {**form.fields, **NEEDED.get(form.name, {})}
            }
            answer = requests.request(form.method, f"{origin}{form.action}", timeout=TIMEOUT, **options)
            assert answer.status_code == 200, form


def test_scenario_is_switched_on_and_off(origin: str) -> None:
    answer = submit(
        origin, "scenarios", name="503_after", account=ADA, method="POST", path="*/drafts/send", count="2", value=""
    )
    assert answer.url == f"{origin}{HOME}#scenarios"
    [on] = scenarios(origin)
    assert (on["name"], on["value"], on["account"]) == ("503_after", None, ADA)
    assert (on["method"], on["path"], on["count"]) == ("POST", "*/drafts/send", 2)
    shown = page(origin)
    for text in ("503 after acceptance", "POST */drafts/send", "2 more", "Switch off 503 after acceptance"):
        assert text in shown
    submit(origin, f"scenarios/{on['id']}/remove")
    assert scenarios(origin) == []
    assert "None is on." in page(origin)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"name": "no such"}, "Choose a scenario."),
        ({"name": ""}, "Choose a scenario."),
        ({"name": "429", "count": "x"}, "Times is a whole number from 1."),
        ({"name": "429", "count": "0"}, "Times is a whole number from 1."),
        ({"name": "cancel", "path": "/token"}, "Leave method and path empty."),
        ({"name": "token_endpoint:500", "method": "GET"}, "Leave method and path empty."),
        ({"name": "429", "value": "7"}, "takes no value"),
        ({"name": "time_limited", "value": "a week"}, "a whole number of seconds"),
        ({"name": "gmail:sending_cap", "value": "a day"}, "a whole number of seconds"),
        ({"name": "gmail:quota", "value": "much"}, "The value is a whole number."),
        ({"name": "testing_client", "value": "ada@acme.example nobody@x.test"}, "There is no account nobody@x.test."),
        ({"name": "untick", "value": "gmail.reedonly"}, "Google knows no scope gmail.reedonly."),
        ({"name": "answer_as_account", "value": "nobody@acme.example"}, "There is no account nobody@acme.example."),
    ],
)
def test_mistake_in_a_scenario_is_said_beside_the_form_and_what_was_typed_stays(
    origin: str, fields: dict[str, str], why: str
) -> None:
    answer = submit(origin, "scenarios", **fields)
    shown = unescape(answer.text)
    assert answer.status_code == 400
    assert why in shown
    for name, value in fields.items():
        if name in {"value", "path", "count"}:
            assert f'name="{name}" value="{value}"' in shown
    if fields["name"] in KINDS:
        assert f'<option value="{fields["name"]}" selected>' in shown
    assert scenarios(origin) == []


def test_scopes_may_be_written_as_the_pages_show_them(origin: str) -> None:
    submit(origin, "scenarios", name="untick", value="gmail.readonly, openid", count="1")
    assert "gmail.readonly" in page(origin)
    tokens = grant(origin, ADA, SCOPES)
    assert set(tokens["scope"].split()) == {EMAIL, COMPOSE}


def test_testers_may_be_written_as_a_list(origin: str) -> None:
    submit(origin, "scenarios", name="testing_client", value=f"{ADA}, {BEN}")
    assert [open_consent(origin, each, SCOPES).status_code for each in (ADA, BEN, "dora@acme.example")] == [
        200,
        200,
        403,
    ]


def test_newer_refresh_tokens_end_the_older_ones_where_there_are_any(origin: str) -> None:
    shown = f"/_sandbox/accounts/{ADA}/"
    assert "Get 100 newer refresh tokens" not in page(origin, shown)
    token = grant(origin, ADA, SCOPES)["refresh_token"]
    assert "Get 100 newer refresh tokens" in page(origin, shown)
    assert submit(origin, f"accounts/{ADA}/crowd-out").url == f"{origin}{shown}#grants"
    assert " and 97 older" in page(origin, shown)
    assert refresh(origin, token).json()["error"] == "invalid_grant"
    assert submit(origin, "accounts/nobody@acme.example/crowd-out").status_code == 404


def test_scenarios_are_listed_in_groups(origin: str) -> None:
    shown = page(origin)
    groups = dict.fromkeys(kind.phase for kind in KINDS.values())
    assert re.findall(r'<optgroup label="([^"]+)">', shown) == list(groups)
    assert [kind for kind in KINDS if f'<option value="{kind}"' not in shown] == []


def test_clock_moves_on_and_back(origin: str) -> None:
    clock = f"{origin}/_sandbox/api/clock"
    assert "which is the real time" in page(origin)
    assert "Back to real time" not in page(origin)
    for seconds in ("3600", "86400"):
        assert submit(origin, "clock", ahead=seconds).url == f"{origin}{HOME}#clock"
    assert requests.get(clock, timeout=TIMEOUT).json()["offset"] == 90_000
    assert "90000 seconds ahead of real time" in page(origin)
    submit(origin, "clock", offset="0")
    assert requests.get(clock, timeout=TIMEOUT).json()["offset"] == 0
    for wrong in ("soon", "1e300", "nan", "", "inf"):
        answer = submit(origin, "clock", offset=wrong)
        assert answer.status_code == 400
        assert "Enter a number of seconds that leads to a date." in answer.text
    assert requests.get(clock, timeout=TIMEOUT).json()["offset"] == 0


def test_account_is_suspended_deleted_without_license_and_restored(origin: str) -> None:
    token = grant(origin, BEN, SCOPES)["access_token"]

    def profile() -> int:
        address = f"{origin}/gmail/v1/users/me/profile"
        return requests.get(address, headers=authorized(token), timeout=TIMEOUT).status_code

    for name, status, word in (("suspended", 401, "Suspended"), ("deleted", 401, "Deleted")):
        submit(origin, f"accounts/{BEN}/change", **{name: "yes"})
        assert profile() == status
        assert word in page(origin, f"{HOME}accounts/{BEN}/")
        submit(origin, f"accounts/{BEN}/change", **{name: "no"})
        assert profile() == 200
    submit(origin, f"accounts/{BEN}/change", has_gmail="no")
    assert profile() == 400
    assert "No Gmail license" in page(origin)
    submit(origin, f"accounts/{BEN}/change", has_gmail="yes")
    assert profile() == 200


def test_new_password_and_removed_access(origin: str) -> None:
    token = grant(origin, BEN, SCOPES)["access_token"]
    account = f"{HOME}accounts/{BEN}/"
    submit(origin, f"accounts/{BEN}/password", password="a new one")
    assert "a new one" in page(origin, account)
    wrong = submit(origin, f"accounts/{BEN}/password", password=" ")
    assert wrong.status_code == 400
    assert "Enter a password." in wrong.text
    assert submit(origin, f"accounts/{BEN}/access").url == f"{origin}{account}#grants"
    assert requests.get(f"{origin}/v1/userinfo", headers=authorized(token), timeout=TIMEOUT).status_code == 401
    assert "This account gave no app access." in page(origin, account)


def test_mail_can_be_read(sandbox: RunningSandbox, ada: Caller) -> None:
    sent = ada.send_mail(
        subject="<b>Bold</b> & plain", text="It's\n<script>alert(1)</script>", bcc="cleo@acme.example",
        attachment=b"12345", filename="five.bin", extra=[("X-Workflows-Step", "a-step")],
    )  # fmt: skip
    listed = requests.get(f"{sandbox.origin}{HOME}accounts/{ADA}/", timeout=TIMEOUT).text
    assert "&lt;b&gt;Bold&lt;/b&gt; &amp; plain" in listed
    assert "It&#39;s &lt;script&gt;" in listed
    path = f"{HOME}accounts/{ADA}/messages/{sent['id']}/"
    assert path in listed
    raw = requests.get(f"{sandbox.origin}{path}", timeout=TIMEOUT).text
    assert "<script>" not in raw
    shown = unescape(raw)
    for text in ("cleo@acme.example", "a-step", "five.bin", "5 bytes", "SENT", "MIME-Version", sent["threadId"]):
        assert text in shown
    for wrong in (f"accounts/{ADA}/messages/0123/", f"accounts/{BEN}/messages/{sent['id']}/", "accounts/nobody@x.de/"):
        assert requests.get(f"{sandbox.origin}{HOME}{wrong}", timeout=TIMEOUT).status_code == 404


def test_mailbox_shows_labels_by_their_names(origin: str) -> None:
    shown = page(origin, f"{HOME}accounts/{ADA}/")
    assert "Contracts" in shown
    assert "Label_" not in shown


def test_journal_is_narrowed_and_cleared(sandbox: RunningSandbox, ada: Caller) -> None:
    caller(sandbox, BEN).get("labels")
    ada.get("profile")
    assert "/me/labels" in page(sandbox.origin)
    narrowed = page(sandbox.origin, account=ADA, path="/gmail/")
    assert "/me/profile" in narrowed
    assert "/me/labels" not in narrowed
    assert f'<option value="{ADA}" selected>' in narrowed
    assert "No request fits." in page(sandbox.origin, path="/nowhere")
    submit(sandbox.origin, "journal/clear")
    assert "Nothing was asked yet." in page(sandbox.origin)


def test_reset_says_what_it_forgets_and_does_it(sandbox: RunningSandbox) -> None:
    grant(sandbox.origin, ADA, SCOPES)
    assert "Connections made before then need to be reauthorized." in page(sandbox.origin)
    assert submit(sandbox.origin, "reset").url == f"{sandbox.origin}{HOME}"
    assert "Nobody has given an app access yet." in page(sandbox.origin)


@pytest.mark.parametrize("path", ["scenarios", "clock", "reset", "journal/clear", f"accounts/{ADA}/change"])
def test_form_sent_by_another_site_is_refused(sandbox: RunningSandbox, path: str) -> None:
    grant(sandbox.origin, ADA, SCOPES)
    fields = {"name": "cancel", "offset": "60", "suspended": "yes"}
    for other in ("http://127.0.0.1:8000", "https://evil.example", "null"):
        answer = requests.post(
            f"{sandbox.origin}/_sandbox/{path}", data=fields, headers={"Origin": other}, timeout=TIMEOUT
        )
        assert answer.status_code == 403
    state = requests.get(f"{sandbox.origin}/_sandbox/api/state", timeout=TIMEOUT).json()
    assert state["grants"]
    assert (state["scenarios"], state["offset"]) == ([], 0)
    assert not state["accounts"][0]["suspended"]
