"""Start-up checks: what is set wrong is said before anything runs."""

import sqlite3
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from kernel.errors import VaultFailure
from vault.operations.check_ring import check_ring

SAFE_SQLITE = (3, 51, 3)


@register(Tags.database)
def sqlite_is_safe(**_kwargs: Any) -> list[CheckMessage]:
    """SQLite before 3.51.3 can corrupt a WAL database that two processes write."""
    if connection.vendor != "sqlite" or sqlite3.sqlite_version_info >= SAFE_SQLITE:
        return []
    text = f"SQLite {sqlite3.sqlite_version} can corrupt a database that two processes write."
    hint = "Use PostgreSQL (DATABASE_URL), or a Python whose SQLite is 3.51.3 or newer."
    is_production = settings.WORKFLOWS_ENV == "production"
    return [(Error if is_production else checks.Warning)(text, hint=hint, id="console.E001")]


@register(Tags.security)
def vault_has_a_ring(**_kwargs: Any) -> list[CheckMessage]:
    """Without a usable key ring nothing can be sealed."""
    try:
        check_ring()
    except (VaultFailure, ImproperlyConfigured) as error:
        return [Error(f"The vault's key ring can't be used: {error}", id="console.E002")]
    return []
