"""Gmail's refusals for project, domain and quota (rows 35, 40-43)."""

import re
from typing import Any

import pytest
from googleapiclient.errors import HttpError

from google_sandbox.server import RunningSandbox
from tests.google_sandbox.calling import ADA, Caller, caller, client, encoded, letter, refusal
from tests.google_sandbox.consenting import READONLY, SEND
from tests.google_sandbox.fidelity import rows
from tests.staged_google import stage

PROJECT = "415104041262"
ACTIVATION = f"https://console.developers.google.com/apis/api/gmail.googleapis.com/overview?project={PROJECT}"
QUOTA = (
    "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user' of service "
    f"'gmail.googleapis.com' for consumer 'project_number:{PROJECT}'."
)
READS = [("GET", "profile"), ("GET", "messages"), ("GET", "labels")]
SENDS = [("POST", "messages/send"), ("POST", "/upload/gmail/v1/users/me/messages/send"), ("POST", "drafts/send")]


def answer_of(of: Caller, method: str, path: str) -> tuple[int, Any]:
    answer = of.send(method, path, **({"json": {"raw": encoded(letter())}} if method == "POST" else {}))
    assert "Retry-After" not in answer.headers
    return answer.status_code, answer.json()


def inbox(of: Caller) -> int:
    return int(of.get("labels/SENT")["messagesTotal"])


@rows.row(35)
@pytest.mark.parametrize(("method", "path"), [*READS, *SENDS])
def test_api_off_in_the_project(sandbox: RunningSandbox, ada: Caller, method: str, path: str) -> None:
    stage(sandbox, "gmail:api_not_enabled")
    status, body = answer_of(ada, method, path)
    error = body["error"]
    assert (status, error["code"], error["status"]) == (403, 403, "PERMISSION_DENIED")
    assert error["message"].startswith(f"Gmail API has not been used in project {PROJECT} before or it is disabled.")
    assert error["errors"] == [
        {
            "message": error["message"],
            "domain": "usageLimits",
            "reason": "accessNotConfigured",
            "extendedHelp": "https://console.developers.google.com",
        }
    ]
    info, message, helping = error["details"]
    assert (info["@type"], info["reason"]) == ("type.googleapis.com/google.rpc.ErrorInfo", "SERVICE_DISABLED")
    assert info["metadata"] == {
        "serviceTitle": "Gmail API",
        "consumer": f"projects/{PROJECT}",
        "containerInfo": PROJECT,
        "service": "gmail.googleapis.com",
        "activationUrl": ACTIVATION,
    }
    assert message["message"] == error["message"]
    assert helping["links"] == [{"description": "Google developers console API activation", "url": ACTIVATION}]


@rows.row(35)
def test_api_off_counts_for_a_live_token_only(sandbox: RunningSandbox) -> None:
    stage(sandbox, "gmail:api_not_enabled")
    assert Caller(sandbox.origin, ADA, "garbage").send("GET", "profile").status_code == 401


@rows.row(40)
@pytest.mark.parametrize(("method", "path"), [*READS, *SENDS])
def test_gmail_turned_off_in_the_domain(sandbox: RunningSandbox, ada: Caller, method: str, path: str) -> None:
    stage(sandbox, "gmail:domain_policy", account=ADA)
    text = "The domain administrators have disabled Gmail apps."
    assert answer_of(ada, method, path) == (403, refusal(403, text, "domainPolicy", "PERMISSION_DENIED"))
    assert caller(sandbox, "gus@other.example").send("GET", "profile").status_code == 200


@rows.row(41)
def test_quota_of_a_minute(sandbox: RunningSandbox, ada: Caller) -> None:
    stage(sandbox, "gmail:quota", count=1)
    body = refusal(403, QUOTA, "rateLimitExceeded", "PERMISSION_DENIED", domain="usageLimits")
    assert answer_of(ada, "GET", "messages") == (403, body)
    stage(sandbox, "gmail:quota_429", count=1)
    status, body = answer_of(ada, "GET", "messages")
    assert (status, body["error"]["status"], body["error"]["message"]) == (429, "RESOURCE_EXHAUSTED", QUOTA)
    assert body["error"]["details"][0]["reason"] == "RATE_LIMIT_EXCEEDED"
    assert answer_of(ada, "GET", "messages")[0] == 200


@rows.row(41)
def test_quota_of_a_minute_counts_what_each_call_costs(sandbox: RunningSandbox, ada: Caller) -> None:
    """Reading a message costs 20 units and listing them 5, by person; a minute later all of it is there again."""
    stage(sandbox, "gmail:quota", value=50)
    message = ada.get("messages", maxResults=1)["messages"][0]["id"]
    ada.get(f"messages/{message}")
    ada.get(f"messages/{message}")
    assert ada.send("GET", f"messages/{message}").status_code == 403
    assert ada.send("GET", "messages").status_code == 200
    assert ada.send("GET", "messages").status_code == 403
    assert caller(sandbox, "ben@acme.example").send("GET", "messages").status_code == 200
    sandbox.sandbox.clock.offset = 61
    assert ada.send("GET", f"messages/{message}").status_code == 200


@rows.row(41)
def test_quota_of_a_day(sandbox: RunningSandbox, ada: Caller) -> None:
    stage(sandbox, "gmail:daily_limit", count=1)
    body = refusal(403, "Daily Limit Exceeded", "dailyLimitExceeded", "PERMISSION_DENIED", domain="usageLimits")
    assert answer_of(ada, "GET", "messages") == (403, body)


@rows.row(41)
def test_client_library_sees_the_reason_of_a_quota(sandbox: RunningSandbox, ada: Caller) -> None:
    stage(sandbox, "gmail:quota", count=1)
    with pytest.raises(HttpError) as raised:
        client(ada).users().labels().list(userId="me").execute()
    assert raised.value.error_details[0]["reason"] == "rateLimitExceeded"


@rows.row(42)
@pytest.mark.parametrize(("value", "expected"), [(None, 900), (30, 30)])
def test_limit_of_one_mailbox_says_until_when_in_the_text_alone(
    sandbox: RunningSandbox, ada: Caller, value: int | None, expected: int
) -> None:
    stage(sandbox, "gmail:user_rate", account=ADA, value=value)
    before = sandbox.sandbox.clock.timestamp()
    status, body = answer_of(ada, "GET", "messages")
    message = body["error"]["message"]
    assert (status, body) == (429, refusal(429, message, "rateLimitExceeded", "RESOURCE_EXHAUSTED"))
    found = re.fullmatch(r"User-rate limit exceeded\.  Retry after (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})Z", message)
    assert found is not None, message
    until = sandbox.sandbox.clock.now().fromisoformat(f"{found.group(1)}+00:00").timestamp()
    assert before + expected - 1 <= until <= sandbox.sandbox.clock.timestamp() + expected


@rows.row(42)
def test_limit_of_sent_mail_stops_nothing_but_sending(sandbox: RunningSandbox, ada: Caller) -> None:
    draft = ada.post("drafts", {"message": {"raw": encoded(letter())}})["id"]
    sent = inbox(ada)
    stage(sandbox, "gmail:sending_cap")
    for method, path in SENDS:
        body = {"id": draft} if path == "drafts/send" else {"raw": encoded(letter())}
        answer = ada.send(method, path, json=body)
        assert answer.status_code == 429
        assert re.search(r"exceeded\.  Retry after \S+Z \(Mail sending\)$", answer.json()["error"]["message"])
    assert inbox(ada) == sent
    assert ada.post("drafts", {"message": {"raw": encoded(letter())}})["id"]
    assert [ada.send(method, path).status_code for method, path in READS] == [200, 200, 200]


@rows.row(43)
def test_burst(sandbox: RunningSandbox, ada: Caller) -> None:
    stage(sandbox, "429", path="*/gmail/*", count=1)
    exhausted = "Resource has been exhausted (e.g. check quota)."
    body = refusal(429, exhausted, "rateLimitExceeded", "RESOURCE_EXHAUSTED")
    assert answer_of(ada, "GET", "messages") == (429, body)
    stage(sandbox, "gmail:concurrent", count=1)
    concurrent = "Too many concurrent requests for user"
    body = refusal(429, concurrent, "rateLimitExceeded", "RESOURCE_EXHAUSTED")
    assert answer_of(ada, "GET", "messages") == (429, body)


@rows.row(40, 42)
def test_method_and_path_narrow_it(sandbox: RunningSandbox, ada: Caller) -> None:
    stage(sandbox, "gmail:domain_policy", path="*/labels")
    assert [ada.send(method, path).status_code for method, path in READS] == [200, 200, 403]


@rows.row(35, 40)
def test_refusal_comes_before_the_question_of_scopes(sandbox: RunningSandbox) -> None:
    stage(sandbox, "gmail:domain_policy", client="other-client")
    assert caller(sandbox, ADA, READONLY).send("GET", "profile").status_code == 200
    stage(sandbox, "gmail:api_not_enabled")
    error = caller(sandbox, ADA, SEND).send("GET", "labels").json()["error"]
    assert error["errors"][0]["reason"] == "accessNotConfigured"
