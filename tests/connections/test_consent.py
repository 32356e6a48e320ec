"""What a finished consent leaves behind: the connection, its status, or the reason there is none."""

import pytest
from django.urls import reverse

from access.models import AuditEntry
from connections.errors import NicknameTaken
from connections.extensions import get_connector
from connections.models import Connection, Credential, Grant, Policy, Revocation, RevocationState
from connections.operations.revoke_outbox import send_due_revocations
from connections.readiness import card_readiness, state_of
from connections.scope_errors import UnknownScope
from google_sandbox.server import RunningSandbox
from kernel.errors import InputRejected, NotPermitted
from tests.consents import Browser
from tests.factories import UserFactory
from tests.staged_google import gmail_calls, requests_to, stage
from vault.models import DataKey

pytestmark = pytest.mark.django_db
READONLY = "https://www.googleapis.com/auth/gmail.readonly"
SHARING = "https://www.googleapis.com/auth/gmail.settings.sharing"


@pytest.fixture
def ada() -> Browser:
    return Browser(UserFactory(administrator=True))


def test_allowing_everything_makes_an_active_connection(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect()
    assert (connection.status, connection.account_email) == ("active", "ada@acme.example")
    assert connection.account_hosted_domain == "acme.example"
    assert set(connection.requested_scopes) == set(connection.granted_scopes)
    assert Grant.objects.get(connection=connection).granted == connection.granted_scopes
    assert Credential.objects.get(connection=connection).state == "live"
    assert AuditEntry.objects.filter(event="connection.created", object_id=str(connection.pk)).count() == 1


def test_one_withheld_scope_limits_the_connection_and_other_cards_work(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect(withhold=(READONLY,))
    assert connection.status == "limited"
    state = state_of(connection)
    ready = {card.key: card_readiness(state, card).is_ready for card in get_connector("gmail").cards}
    assert ready["gmail.read_email"] is False
    assert ready["gmail.send_email"] is True


@pytest.mark.parametrize("account", ["hanna@gmail.com", "ivo@googlemail.com", "jo@private.test"])
def test_a_consumer_account_is_saved_as_unsupported(account: str, google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect(account=account)
    assert connection.status == "unsupported_account"
    for card in get_connector("gmail").cards:
        assert [finding.code for finding in card_readiness(state_of(connection), card).findings] == [
            "account.workspace_required"
        ]
    assert gmail_calls(google) == []


@pytest.mark.parametrize("account", ["hanna@gmail.com", "ivo@googlemail.com", "jo@private.test"])
def test_the_policy_can_refuse_consumer_accounts(account: str, google: RunningSandbox, ada: Browser) -> None:
    Policy.objects.update_or_create(pk=1, defaults={"refuse_consumer_accounts": True})
    attempt = ada.ask()
    ada.come_back(ada.consent(attempt, account))
    attempt.refresh_from_db()
    assert attempt.failure is not None
    assert attempt.failure["code"] == "account.consumer_refused"
    assert not Connection.objects.exists()
    assert len(requests_to(google, "/revoke")) == 1


@pytest.fixture
def refused_while_google_is_down(google: RunningSandbox, ada: Browser) -> Revocation:
    """What waits in the outbox of an account that the policy refused."""
    Policy.objects.update_or_create(pk=1, defaults={"allowed_domains": ["acme.example"]})
    stage(google, "503_before", path="/revoke", count=1)
    ada.come_back(ada.consent(ada.ask(), "gus@other.example"))
    waiting = Revocation.objects.get()
    assert (waiting.state, waiting.connection, waiting.account_email) == ("waiting", None, "gus@other.example")
    assert len(requests_to(google, "/revoke")) == 1
    return waiting


def test_a_refused_grant_is_revoked_later_when_google_can_not_be_reached(
    google: RunningSandbox, refused_while_google_is_down: Revocation
) -> None:
    waiting = refused_while_google_is_down
    assert b"1//" not in bytes(waiting.sealed_token or b"")
    assert send_due_revocations() == 1
    assert len(requests_to(google, "/revoke")) == 2
    waiting.refresh_from_db()
    assert (waiting.state, waiting.sealed_token) == (RevocationState.REVOKED, None)
    assert not DataKey.objects.filter(owner_uuid=waiting.pk).exists()
    entry = AuditEntry.objects.order_by("-sequence")[0]
    assert (entry.event, entry.difference["account"]) == ("authorization.grant_revoked", "gus@other.example")


def test_a_refused_grant_that_waits_is_kept_once_its_account_is_connected(
    google: RunningSandbox, ada: Browser, refused_while_google_is_down: Revocation
) -> None:
    Policy.objects.update(allowed_domains=[])
    ada.connect("Allowed by now", "gus@other.example")
    assert send_due_revocations() == 1
    refused_while_google_is_down.refresh_from_db()
    assert refused_while_google_is_down.state == RevocationState.KEPT
    assert len(requests_to(google, "/revoke")) == 1


def test_a_domain_outside_the_policy_is_refused(google: RunningSandbox, ada: Browser) -> None:
    Policy.objects.update_or_create(pk=1, defaults={"allowed_domains": ["acme.example"]})
    attempt = ada.ask()
    ada.come_back(ada.consent(attempt, "gus@other.example"))
    attempt.refresh_from_db()
    assert attempt.failure is not None
    assert attempt.failure["code"] == "account.domain_refused"


def test_a_service_account_is_refused(google: RunningSandbox, ada: Browser) -> None:
    stage(google, "id_token:service_account", count=1)
    attempt = ada.ask()
    ada.come_back(ada.consent(attempt))
    attempt.refresh_from_db()
    assert attempt.failure is not None
    assert attempt.failure["code"] == "account.service_account_refused"
    assert "gserviceaccount.com" in attempt.failure["data"]["email"]
    assert not Connection.objects.exists()
    page = ada.client.get(reverse("authorization", args=[attempt.pk]))
    assert "service account" in page.content.decode()


def test_a_refused_account_with_a_sibling_is_not_revoked(google: RunningSandbox, ada: Browser) -> None:
    ada.connect("First", "gus@other.example")
    Policy.objects.update_or_create(pk=1, defaults={"allowed_domains": ["acme.example"]})
    attempt = ada.ask("Second")
    ada.come_back(ada.consent(attempt, "gus@other.example"))
    assert requests_to(google, "/revoke") == []


def test_cancel_at_google_keeps_nothing_but_the_form(google: RunningSandbox, ada: Browser) -> None:
    stage(google, "cancel", count=1)
    attempt = ada.ask()
    ada.come_back(ada.consent(attempt))
    attempt.refresh_from_db()
    assert attempt.failure is not None
    assert attempt.failure["code"] == "consent.denied"
    assert attempt.form["nickname"] == "Support inbox"
    assert requests_to(google, "/token") == []
    assert not Connection.objects.exists()


@pytest.mark.parametrize(
    ("error", "code"),
    [("admin_policy_enforced", "consent.refused"), ("<script>alert(1)</script>", "consent.refused")],
)
def test_googles_error_is_mapped_and_never_shown_raw(
    error: str, code: str, google: RunningSandbox, ada: Browser
) -> None:
    stage(google, "redirect_error", value=error, count=1)
    attempt = ada.ask()
    ada.come_back(ada.consent(attempt))
    attempt.refresh_from_db()
    assert attempt.failure is not None
    assert attempt.failure["code"] == code
    assert error not in ada.client.get(reverse("authorization", args=[attempt.pk])).content.decode()


def test_no_refresh_token_no_connection(google: RunningSandbox, ada: Browser) -> None:
    stage(google, "no_refresh_token", count=1)
    attempt = ada.ask()
    ada.come_back(ada.consent(attempt))
    attempt.refresh_from_db()
    assert attempt.failure is not None
    assert attempt.failure["code"] == "consent.no_refresh_token"


@pytest.mark.parametrize("trouble", ["500", "429", "html_403", "garbage", "oversized"])
def test_a_token_endpoint_in_trouble_is_a_passing_failure(trouble: str, google: RunningSandbox, ada: Browser) -> None:
    stage(google, f"token_endpoint:{trouble}", count=1)
    attempt = ada.ask()
    ada.come_back(ada.consent(attempt))
    attempt.refresh_from_db()
    assert attempt.failure is not None
    assert attempt.failure["code"] == "google.unavailable"
    assert not Connection.objects.exists()


def test_a_time_limited_grant_says_when_it_ends(google: RunningSandbox, ada: Browser) -> None:
    stage(google, "time_limited", value="604799", count=1)
    assert ada.connect().grant_expires_at is not None


def test_an_unknown_scope_is_named_with_the_nearest_real_one(ada: Browser) -> None:
    with pytest.raises(UnknownScope) as raised:
        ada.ask(scopes=("gmail.readonly", "gmail.setings.basic"))
    assert raised.value.suggestions == {"gmail.setings.basic": "gmail.settings.basic"}
    assert "Did you mean gmail.settings.basic?" in raised.value.fields["scopes"][0]


def test_a_nickname_is_unique_whatever_its_case_and_form(google: RunningSandbox, ada: Browser) -> None:
    ada.connect("Support inbox")
    with pytest.raises(NicknameTaken):
        ada.ask("ＳＵＰＰＯＲＴ  Inbox")


def test_a_nickname_taken_while_at_google_fails_without_a_connection(google: RunningSandbox, ada: Browser) -> None:
    first, second = ada.ask("Twin"), ada.ask("Twin")
    other = Browser(ada.user)
    answer = other.consent(second, "ben@acme.example")
    ada.come_back(ada.consent(first))
    other.come_back(answer)
    second.refresh_from_db()
    assert second.failure is not None
    assert second.failure["code"] == "nickname.taken"
    assert Connection.objects.count() == 1


@pytest.mark.parametrize(
    ("nickname", "description", "field"),
    [("", "", "nickname"), ("x" * 81, "", "nickname"), ("a\u0000b", "", "nickname"), ("ok", "x" * 501, "description")],
)
def test_bad_input_names_its_field(nickname: str, description: str, field: str, ada: Browser) -> None:
    from connections.operations.request_authorization import request_authorization

    with pytest.raises(InputRejected) as raised:
        request_authorization(
            ada.actor, connector="gmail", nickname=nickname, description=description, scope_mode="default"
        )
    assert set(raised.value.fields) == {field}


def test_who_may_not_create_is_told_so(google: RunningSandbox) -> None:
    with pytest.raises(NotPermitted):
        Browser(UserFactory(auditor=True)).ask()


def test_the_scope_ceiling_holds(ada: Browser) -> None:
    Policy.objects.update_or_create(pk=1, defaults={"scope_ceiling": ["gmail.readonly"]})
    with pytest.raises(InputRejected) as raised:
        ada.ask(scopes=("gmail.readonly", "gmail.send"))
    assert raised.value.code == "scope.above_ceiling"
    assert ada.ask(scopes=("gmail.readonly",)).pk
