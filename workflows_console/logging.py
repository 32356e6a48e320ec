"""Logs: one JSON line an event, redacted by the formatter itself, so that no handler can forget to."""

import logging
import logging.config
from typing import Any

import structlog

from kernel.redaction import redact

# At DEBUG these print codes, verifiers and tokens, or SQL parameters.
TALKATIVE = (
    "requests_oauthlib",
    "oauthlib",
    "urllib3",
    "httplib2",
    "google",
    "google_auth_httplib2",
    "googleapiclient",
    "django.db.backends",
    "django.template",
    "asyncio",
)
# They come with handlers of their own, which don't redact.
OUTSPOKEN = ("django", "django.server", "_granian", "granian.access")

_EVENT: tuple[structlog.typing.Processor, ...] = (
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)


class RedactingFormatter(structlog.stdlib.ProcessorFormatter):
    """Masks secrets in the finished line, traceback included; JSON in ASCII escapes CR, LF and every ANSI code."""

    def __init__(self) -> None:
        super().__init__(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
            foreign_pre_chain=_EVENT,
        )

    def format(self, record: logging.LogRecord) -> str:
        """The line. When message and arguments don't fit, only where that was: Python would print both, unredacted."""
        try:
            return redact(super().format(record))
        except (TypeError, ValueError, KeyError):
            record.msg, record.args = f"a log line at {record.pathname}:{record.lineno} can't be formatted", ()
            return redact(super().format(record))


def to_stderr(level: str) -> dict[str, Any]:
    """The configuration: one handler, at the root; nobody else keeps one."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"redacted": {"()": RedactingFormatter}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "redacted"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {name: {"level": "WARNING"} for name in TALKATIVE}
        | {name: {"handlers": [], "propagate": True} for name in OUTSPOKEN}
        # DBOS adds a handler of its own, which doesn't redact, unless it finds one.
        | {"dbos": {"handlers": ["stderr"], "propagate": False, "level": "WARNING"}},
    }


def configure(config: dict[str, Any]) -> None:
    """Called by Django at start with ``LOGGING``; what structlog logs takes the same way."""
    logging.config.dictConfig(config)
    logging.raiseExceptions = False  # a handler that fails would print the record as it is
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_EVENT,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
