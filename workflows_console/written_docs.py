"""The pages under docs/ that are made from the code, so that they can't disagree with it."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from django.conf import settings

from flows.catalog import all_declarations
from flows.derive.card_docs import cards_page
from kernel.errors import ConsoleError, error_classes

ERROR_MODULES = (
    "kernel.errors",
    "vault.errors",
    "access.errors",
    "connections.errors",
    "connections.role_errors",
    "connections.scope_errors",
    "connections.google.errors",
    "flows.errors",
    "gmail_connector.errors",
    "gmail_connector.request_errors",
    "gmail_connector.settings_errors",
    "gmail_connector.user_settings_errors",
    "workflows_console.api_errors",
)


def written_docs() -> Iterator[tuple[Path, str]]:
    """Each page's place and text."""
    docs = Path(settings.BASE_DIR) / "docs"
    yield docs / "cards.md", cards_page(all_declarations())
    yield docs / "errors.md", errors_page()


def errors_page() -> str:
    """Every error a person may meet, as Markdown."""
    lines = [
        "# Errors",
        "",
        "Made by `python manage.py write_docs` from the error classes; don't edit it. Words in braces stand for the",
        "error's own data. The same words are shown on pages, in the API's problems and in readiness findings.",
    ]
    for name in ERROR_MODULES:
        import_module(name)
    for cls in error_classes():
        if cls.__module__ in ERROR_MODULES:
            lines += ["", f"## `{cls.code}`", "", *_error(cls)]
    return "\n".join(lines) + "\n"


def _error(cls: type[ConsoleError]) -> Iterator[str]:
    yield f"**{cls.title}.** {cls.cause_template}"
    yield ""
    yield f"- Remedy: {cls.remedy_template}"
    yield f"- Who: {cls.fixer}"
    yield f"- Trying the same again: {cls.retry}"
    yield f"- Reauthorizing helps: {'yes' if cls.reauthorizing_helps else 'no'}"
    yield f"- HTTP status: {cls.status}"
