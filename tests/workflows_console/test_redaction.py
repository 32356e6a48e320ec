"""What looks like a secret never leaves in a log line or a crash report."""

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog
from django.conf import settings
from django.test import RequestFactory
from django.utils.module_loading import import_string

from kernel import redaction
from kernel.redaction import MASK, never_show, redact
from vault.keyring import load_rings
from workflows_console.logging import OUTSPOKEN, TALKATIVE, RedactingFormatter

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


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the root's own handler writes meanwhile."""
    handler = next(each for each in logging.root.handlers if isinstance(each.formatter, RedactingFormatter))
    assert isinstance(handler, logging.StreamHandler)
    out = io.StringIO()
    before = handler.setStream(out)
    yield out
    handler.setStream(before)


@pytest.mark.parametrize("secret", SECRETS)
def test_a_log_line_holds_no_secret_in_message_arguments_or_traceback(secret: str, written: io.StringIO) -> None:
    try:
        raise ValueError(secret)
    except ValueError:
        logging.getLogger("tests").exception("failed " + secret.replace("%", "%%") + " %s", secret)  # noqa: G003
    line = written.getvalue()
    assert secret not in line
    assert "ValueError" in line
    assert line.count(MASK) == 3


def test_what_structlog_logs_goes_the_same_way(written: io.StringIO) -> None:
    structlog.get_logger("tests").warning("thing.happened", token=SECRETS[0], row="7")
    line = json.loads(written.getvalue())
    assert line.pop("timestamp")
    assert line == {"event": "thing.happened", "token": MASK, "row": "7", "level": "warning", "logger": "tests"}


def test_a_line_that_cannot_be_formatted_shows_none_of_it(
    written: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger("tests").error(f"failed {SECRETS[0]} %d", SECRETS[1])  # noqa: G004
    line = written.getvalue() + capsys.readouterr().err
    assert "can't be formatted" in line
    assert not any(secret in line for secret in SECRETS)


@pytest.mark.parametrize("typed", ["x\r\n\x1b[31mforged", "x\x9b31mforged", "x\u2028forged", "x\x7f"], ids=ascii)
def test_line_breaks_and_escapes_cannot_forge_a_line(typed: str, written: io.StringIO) -> None:
    logging.getLogger("tests").error("typed: %s", typed)
    line = written.getvalue()
    assert line.count("\n") == 1
    assert line.rstrip("\n").isprintable()
    assert line.isascii()


def test_no_logger_has_a_handler_that_does_not_redact() -> None:
    known = [each for each in logging.root.manager.loggerDict.values() if isinstance(each, logging.Logger)]
    plain = [
        f"{logger.name}: {handler!r}"
        for logger in (logging.root, *known)
        for handler in logger.handlers
        if not isinstance(handler.formatter, RedactingFormatter)
        and not type(handler).__module__.startswith("_pytest")
        and not isinstance(handler, logging.NullHandler)
    ]
    assert plain == []


@pytest.mark.parametrize("name", OUTSPOKEN)
def test_loggers_that_bring_handlers_lose_them(name: str) -> None:
    assert logging.getLogger(name).handlers == []
    assert logging.getLogger(name).propagate


@pytest.mark.parametrize("name", TALKATIVE)
def test_libraries_that_log_secrets_at_debug_are_kept_quiet(name: str) -> None:
    assert logging.getLogger(name).level == logging.WARNING


@pytest.mark.parametrize("secret", SECRETS)
def test_a_crash_report_shows_frames_and_nothing_else(secret: str) -> None:
    request = RequestFactory().post(
        f"/x?code={secret}&kept={secret}", {"password": secret}, headers={"Authorization": f"Bearer {secret}"}
    )
    request.COOKIES["console_consent_1"] = secret
    try:
        local = secret
        raise ValueError(f"with {local}") from KeyError(local)
    except ValueError as error:
        reporter = import_string(settings.DEFAULT_EXCEPTION_REPORTER)(request, type(error), error, error.__traceback__)
    assert "test_a_crash_report_shows_frames_and_nothing_else" in reporter.get_traceback_text()
    assert secret not in reporter.get_traceback_text()
    assert secret not in reporter.get_traceback_html()
