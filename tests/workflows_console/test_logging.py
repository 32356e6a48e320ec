"""What looks like a secret never leaves in a log line or a crash report, whoever logs and however."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from django.conf import settings
from django.test import RequestFactory
from django.utils.module_loading import import_string

from kernel.redaction import MASK
from tests.kernel.test_redaction import SECRETS
from workflows_console.logging import OUTSPOKEN, TALKATIVE, RedactingFormatter


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
