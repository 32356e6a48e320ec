"""What is or looks like a secret is masked wherever it stands; ordinary words stay."""

import json
from collections.abc import Callable

import pytest
from django.conf import settings

from kernel import redaction
from kernel.redaction import MASK, never_show, redact
from vault.keyring import load_rings

SECRETS = [
    "ya29.a0AfB_byC-canary",
    "1//0gCanaryCanaryCanary",
    "4/0AcanaryCanaryCanary",
    "4%2F0AcanaryCanaryCanary",
    "GOCSPX-canary-canary",
    "wfc_canaryCanaryCanary",
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "form", ["{}", "token is {} here", "Authorization: Bearer {}", '{{"x": "{}"}}', "?code={}&x=1"]
)
def test_a_secret_is_masked_wherever_it_stands(secret: str, form: str) -> None:
    masked = redact(form.format(secret))
    assert secret not in masked
    assert MASK in masked


def test_a_one_time_link_is_masked_in_its_address() -> None:
    assert redact("Gone: /accounts/link/canaryCanary-Canary_4711/") == f"Gone: /accounts/link/{MASK}/"


@pytest.mark.parametrize(
    "name", ["code", "state", "nonce", "code_verifier", "refresh_token", "client_secret", "password"]
)
def test_a_parameter_is_masked_by_its_name(name: str) -> None:
    assert redact(f"GET /x?{name}=Zm9vYmFy&keep=1") == f"GET /x?{name}={MASK}&keep=1"


@pytest.mark.parametrize("name", ["refresh_token", "access_token", "code_verifier", "client_secret", "password"])
@pytest.mark.parametrize("form", [repr, json.dumps, lambda value: json.dumps(json.dumps(value))])
def test_a_member_is_masked_by_its_name(name: str, form: Callable[[object], str]) -> None:
    masked = redact(form({name: "Zm9v YmFy", "keep": "1"}))
    assert "YmFy" not in masked
    assert "keep" in masked
    assert MASK in masked


@pytest.mark.parametrize(
    "text", ["The state of the run", "code 403", "gmail.readonly", "1//2 of the page", "ya29", "no token was there"]
)
def test_ordinary_words_stay(text: str) -> None:
    assert redact(text) == text


@pytest.fixture
def _forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_own_values", redaction._own_values)


@pytest.mark.usefixtures("_forgetful")
def test_a_value_of_our_own_is_masked_whatever_it_looks_like() -> None:
    never_show('quite "ordinary" words', "short")
    assert redact('said: quite "ordinary" words') == f"said: {MASK}"
    assert redact(json.dumps({"x": 'quite "ordinary" words'})) == f'{{"x": "{MASK}"}}'
    assert redact("short") == "short"


def test_the_consoles_own_secrets_are_masked_by_value() -> None:
    keys = [entry.key.secret.hex() for ring in load_rings().values() for entry in ring.keys if entry.key]
    assert keys
    for value in (settings.SECRET_KEY, *keys, *(each["key"] for each in json.loads(settings.VAULT_KEY_RING)["keys"])):
        assert redact(f"<{value}>") == f"<{MASK}>"
