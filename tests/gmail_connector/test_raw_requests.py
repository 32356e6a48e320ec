"""What Custom API Action lets through, and what it never does. The tricks themselves: test_custom_api_action."""

import pytest

from gmail_connector.methods import find_method
from gmail_connector.raw_requests import raw_request
from gmail_connector.scopes import COMPOSE, MAIL, MODIFY, READONLY, SEND, SETTINGS_BASIC, SETTINGS_SHARING
from kernel.errors import InputRejected

LABELS = "/v1/users/me/labels"


@pytest.mark.parametrize(
    ("written", "target"),
    [
        (LABELS, "/gmail/v1/users/me/labels"),
        ("/gmail/v1/users/me/labels", "/gmail/v1/users/me/labels"),
        ("  /v1/users/me/labels ", "/gmail/v1/users/me/labels"),
        ("/v1/users/ada@acme.example/labels", "/gmail/v1/users/ada@acme.example/labels"),
        ("/v1/users/ada%40acme.example/labels", "/gmail/v1/users/ada@acme.example/labels"),
        (
            "/v1/users/me/settings/sendAs/it+help@acme.example",
            "/gmail/v1/users/me/settings/sendAs/it%2Bhelp@acme.example",
        ),
        ("/%76%31/users/me/labels", "/gmail/v1/users/me/labels"),
        ("/v1/users/me/settings/cse/keypairs/k1:disable", "/gmail/v1/users/me/settings/cse/keypairs/k1:disable"),
        ("/v1/users/me/messages?q=from%3Aben&maxResults=5", "/gmail/v1/users/me/messages?q=from%3Aben&maxResults=5"),
        ("/v1/users/me/not/yet/known", "/gmail/v1/users/me/not/yet/known"),
    ],
)
def test_an_address_is_written_anew_from_what_was_judged(written: str, target: str) -> None:
    assert raw_request("GET", written, None, None, None).target == target


def test_a_query_takes_texts_numbers_yes_or_no_and_lists_of_them() -> None:
    query = {"labelIds": ["INBOX", "UNREAD"], "maxResults": 5, "includeSpamTrash": True, "q": "a b&c=d#/../\r\n"}
    request = raw_request("GET", "/v1/users/me/messages", query, None, None)
    assert request.query == (
        "labelIds=INBOX&labelIds=UNREAD&maxResults=5&includeSpamTrash=true&q=a+b%26c%3Dd%23%2F..%2F%0D%0A"
    )
    assert request.title == "GET /gmail/v1/users/me/messages"


def test_headers_are_those_of_json_and_those_given() -> None:
    given = {"accept-language": "de", "content-type": "application/json; charset=utf-8", "X-Ticket": 41}
    request = raw_request("POST", LABELS, None, given, {"name": "Ä"})
    assert request.headers == {
        "Accept": "application/json",
        "Accept-Language": "de",
        "Content-Type": "application/json",
        "X-Ticket": "41",
    }
    assert request.body == b'{"name": "\\u00c4"}'


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_body_is_refused_where_the_method_takes_none(method: str) -> None:
    with pytest.raises(InputRejected) as refused:
        raw_request(method, LABELS, None, None, {"name": "x"})
    assert list(refused.value.fields) == ["body"]


def test_an_address_is_no_longer_than_google_s_library_sends() -> None:
    with pytest.raises(InputRejected) as refused:
        raw_request("GET", "/v1/users/me/messages", {"q": "x" * 2048}, None, None)
    assert list(refused.value.fields) == ["relative_url"]


def test_everything_wrong_is_said_at_once() -> None:
    with pytest.raises(InputRejected) as refused:
        raw_request("GET", "//evil.example", {"key": "x"}, {"Host": "evil.example"}, {"a": 1})
    assert set(refused.value.fields) == {"relative_url", "query", "headers", "body"}


@pytest.mark.parametrize(
    ("http_method", "path", "name", "scopes"),
    [
        ("GET", "gmail/v1/users/me/profile", "gmail.users.getProfile", {READONLY, COMPOSE, MODIFY, MAIL}),
        ("POST", "gmail/v1/users/me/messages/send", "gmail.users.messages.send", {COMPOSE, SEND, MODIFY, MAIL}),
        ("GET", "gmail/v1/users/me/messages/send", "gmail.users.messages.get", {READONLY, MODIFY, MAIL}),
        ("DELETE", "gmail/v1/users/me/messages/19e1", "gmail.users.messages.delete", {MAIL}),
        ("PUT", "gmail/v1/users/a@b.example/settings/imap", "gmail.users.settings.updateImap", {SETTINGS_BASIC}),
        (
            "POST",
            "gmail/v1/users/me/settings/delegates",
            "gmail.users.settings.delegates.create",
            {SETTINGS_SHARING},
        ),
    ],
)
def test_a_method_is_known_by_its_address(http_method: str, path: str, name: str, scopes: set[str]) -> None:
    method = find_method(http_method, path)
    assert method is not None
    assert method.id == name
    assert scopes <= set(method.scopes)
    assert not any(".addons." in scope for scope in method.scopes)


def test_the_scope_that_is_asked_by_default_comes_first() -> None:
    reading = find_method("GET", "gmail/v1/users/me/messages")
    assert reading is not None
    assert reading.scopes[0] == READONLY


@pytest.mark.parametrize("path", ["gmail/v1/users/me/not/yet/known", "gmail/v1/users/me", "gmail/v2/users/me/labels"])
def test_of_an_unknown_address_nothing_is_claimed(path: str) -> None:
    assert find_method("GET", path) is None
