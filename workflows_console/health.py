"""Whether the process lives, and whether it can do its work."""

from collections.abc import Callable

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from kernel.errors import VaultFailure
from vault.operations.check_ring import check_ring


@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


def _database() -> str:
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "the database doesn't answer"
    return "migrations are pending" if pending else "ok"


def _vault() -> str:
    try:
        check_ring()
    except (VaultFailure, ImproperlyConfigured):
        return "the key ring can't be used"
    return "ok"


_CHECKS: dict[str, Callable[[], str]] = {"database": _database, "vault": _vault}


@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """200 when database, migrations and vault are in order; 503 with what isn't."""
    results = {name: check() for name, check in _CHECKS.items()}
    is_ready = set(results.values()) == {"ok"}
    return JsonResponse(
        {"status": "ok" if is_ready else "unavailable", "checks": results}, status=200 if is_ready else 503
    )
