"""The environment, read once and typed. A bad value stops the start with its name and an example."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")

ENVIRONMENTS = ("local", "test", "production")


def settings_module() -> str:
    """The settings module that ``WORKFLOWS_ENV`` names. :raises ImproperlyConfigured: there is none."""
    return f"workflows_console.settings.{choice('WORKFLOWS_ENV', ENVIRONMENTS, 'local')}"


def refuse(name: str, problem: str, example: str) -> ImproperlyConfigured:
    """The error that stops the start: which variable, what is wrong, and what would be right."""
    return ImproperlyConfigured(f"{name} {problem}. Example: {name}={example}")


def read(name: str, convert: Callable[[str], T], default: T, example: str) -> T:
    """The variable's value converted, or the default when it is unset or empty."""
    raw = os.environ.get(name, "")
    if not raw:
        return default
    try:
        return convert(raw)
    except ValueError:
        raise refuse(name, "is not valid", example) from None


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "") or default


def choice(name: str, allowed: tuple[str, ...], default: str) -> str:
    value = text(name, default)
    if value not in allowed:
        raise refuse(name, f"must be one of {', '.join(allowed)}, not {value!r}", allowed[0])
    return value


def port(name: str, default: int) -> int:
    value = read(name, int, default, str(default))
    if not 0 < value < 65536:  # noqa: PLR2004  (the highest TCP port)
        raise refuse(name, f"must lie between 1 and 65535, not {value}", str(default))
    return value


def boolean(name: str, *, default: bool = False) -> bool:
    return choice(name, ("true", "false"), "true" if default else "false") == "true"


def words(name: str) -> list[str]:
    """A list separated by commas or white space."""
    return text(name).replace(",", " ").split()


def secret(name: str) -> str:
    """The variable, or the content of the file that ``<name>_FILE`` names; empty when neither is set."""
    path = text(f"{name}_FILE")
    if not path:
        return text(name)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise refuse(f"{name}_FILE", f"can't be read ({error.strerror})", f"/run/secrets/{name.lower()}") from None


def required(name: str, example: str) -> str:
    """As :func:`secret`. :raises ImproperlyConfigured: neither is set."""
    value = secret(name)
    if not value:
        raise refuse(name, "is not set, nor is the same name with _FILE", example)
    return value


def address(name: str, default: str, *, https_only: bool = False) -> str:
    """An http or https address without query, no slash at its end unless the default has one."""
    value = text(name, default)
    parts = urlsplit(value)
    schemes = ("https",) if https_only else ("http", "https")
    if parts.scheme not in schemes or not parts.netloc or parts.query or parts.fragment:
        raise refuse(name, f"must be an address that begins with {' or '.join(schemes)}://", "https://console.example")
    return value


def mail_server(name: str) -> tuple[str, int, str, str, bool, bool]:
    """Host, port, user, password, STARTTLS and TLS of a mail server, from an address or the file that names it.

    ``smtp://`` begins in clear and goes on in TLS, ``smtps://`` is TLS from the start. Mail in clear is no choice: it
    carries links that set passwords. Without the variable, a host that nothing is sent to.
    """
    value = secret(name)
    if not value:
        return "localhost", 25, "", "", False, False
    example = "smtp://console:password@mail.example.com:587"
    try:
        parts = urlsplit(value)
        given = parts.port
    except ValueError:
        raise refuse(name, "is not an address", example) from None
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise refuse(name, "must begin with smtp:// or smtps:// and name a host", example)
    is_tls = parts.scheme == "smtps"
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return parts.hostname, given or (465 if is_tls else 587), user, password, not is_tls, is_tls
