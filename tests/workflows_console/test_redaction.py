"""What looks like a secret never leaves in a log line or a crash report."""

import io
import logging

import pytest
from django.test import RequestFactory
from django.views.debug import ExceptionReporter

from workflows_console.error_reports import NothingButFrames
from workflows_console.logging import RedactingFormatter
from workflows_console.redaction import MASK, redact

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


@pytest.mark.parametrize("text", ["The state of the run", "code 403", "gmail.readonly", "1//2 of the page", "ya29"])
def test_ordinary_words_stay(text: str) -> None:
    assert redact(text) == text


def _logged(message: str, *arguments: object, error: BaseException | None = None) -> str:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(RedactingFormatter())
    logger = logging.Logger("tests")  # noqa: LOG001  (not to be found by other tests)
    logger.addHandler(handler)
    logger.error(message, *arguments, exc_info=error)
    return out.getvalue()


@pytest.mark.parametrize("secret", SECRETS)
def test_a_log_line_holds_no_secret_in_message_arguments_or_traceback(secret: str) -> None:
    try:
        raise ValueError(secret)
    except ValueError as error:
        line = _logged(f"failed {secret} %s", secret, error=error)
    assert secret not in line
    assert "ValueError" in line


def test_line_breaks_and_escapes_cannot_forge_a_line() -> None:
    line = _logged("typed: %s", "x\r\n\x1b[31mforged")
    assert line.count("\n") == 1
    assert "\x1b" not in line


def test_every_handler_redacts() -> None:
    loggers = [
        logging.root,
        *(each for each in logging.root.manager.loggerDict.values() if isinstance(each, logging.Logger)),
    ]
    ours = [
        handler
        for logger in loggers
        for handler in logger.handlers
        if type(handler) is logging.StreamHandler or isinstance(handler, logging.FileHandler)
    ]
    plain = [h for h in ours if not isinstance(h.formatter, RedactingFormatter) and "pytest" not in type(h).__module__]
    assert [
        type(h).__name__ for h in plain if not isinstance(h, logging.FileHandler) or h.baseFilename != "/dev/null"
    ] == []


@pytest.mark.parametrize("secret", SECRETS)
def test_a_crash_report_shows_frames_and_nothing_else(secret: str) -> None:
    request = RequestFactory().post(
        f"/x?code={secret}", {"password": secret}, headers={"Authorization": f"Bearer {secret}"}
    )
    request.exception_reporter_filter = NothingButFrames()  # type: ignore[attr-defined]
    try:
        local = secret
        raise ValueError("no secret in the text") from KeyError(len(local))
    except ValueError as error:
        reporter = ExceptionReporter(request, type(error), error, error.__traceback__)
    assert secret not in reporter.get_traceback_text()
    assert secret not in reporter.get_traceback_html()
