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
REAL_CLIENT_SUFFIX = ".apps.googleusercontent.com"


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


@register(Tags.security)
def google_is_one_or_the_other(**_kwargs: Any) -> list[CheckMessage]:
    """A real client never goes to the sandbox; the real Google is never called with a made-up client."""
    is_real_client = settings.GOOGLE_CLIENT_ID.endswith(REAL_CLIENT_SUFFIX)
    if settings.GOOGLE == "sandbox" and is_real_client:
        return [
            Error(
                "GOOGLE_CLIENT_ID is a real client, but GOOGLE=sandbox.",
                hint="Unset GOOGLE_CLIENT_ID, or set GOOGLE=google.",
                id="console.E003",
            )
        ]
    if settings.GOOGLE == "google" and not (is_real_client and settings.GOOGLE_CLIENT_SECRET):
        return [
            Error(
                "GOOGLE=google needs GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET of a Google Cloud project.",
                hint=f"GOOGLE_CLIENT_ID ends in {REAL_CLIENT_SUFFIX}.",
                id="console.E004",
            )
        ]
    return []
