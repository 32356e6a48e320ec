"""Logs: one JSON line an event, redacted by the formatter itself, so that no handler can forget to."""

import logging
import logging.config
from typing import Any

import structlog

from workflows_console.redaction import redact

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


class RedactingFormatter(structlog.stdlib.ProcessorFormatter):
    """Masks secrets in the finished line, traceback included; JSON escapes CR, LF and ANSI by itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        chain: list[structlog.typing.Processor] = [
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
        ]
        super().__init__(
            *args,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            foreign_pre_chain=chain,
            **kwargs,
        )

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def configure(_config: dict[str, Any]) -> None:
    """Called by Django at start in place of its own configuration (``LOGGING_CONFIG``)."""
    from django.conf import settings  # noqa: PLC0415  (settings are being set up when this module is named)

    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"redacted": {"()": RedactingFormatter}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "redacted"}},
            "root": {"handlers": ["stderr"], "level": settings.LOG_LEVEL},
            "loggers": {name: {"level": "WARNING"} for name in TALKATIVE},
        }
    )
