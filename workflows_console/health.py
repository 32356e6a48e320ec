"""Whether the process lives, and whether it can do its work."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from kernel.errors import VaultFailure
from vault.operations.check_ring import check_ring
from workflows_console.worker.heartbeat import silence


@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


NO_WORKER_YET = "no worker has been heard from yet"


def database_state() -> str:
    """*ok*, or what is the matter with the database."""
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


def _worker() -> str:
    try:
        silent = silence()
    except DatabaseError:
        return "nobody can tell without the database"
    if silent is None:
        return NO_WORKER_YET
    seconds = int(silent.total_seconds())
    return f"no worker has been heard from for {seconds} s" if seconds > settings.WORKER_MISSED_SECONDS else "ok"


_CHECKS: dict[str, Callable[[], str]] = {"database": database_state, "vault": _vault, "worker": _worker}


@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """200 when database, migrations, vault and worker are in order; 503 with what isn't.

    Without a worker nothing is revoked, expired or purged, so its silence counts, a minute after its last word:
    a restart takes less. A console whose first worker is still to come is ready.
    """
    results = {name: check() for name, check in _CHECKS.items()}
    is_ready = set(results.values()) <= {"ok", NO_WORKER_YET}
    return JsonResponse(
        {"status": "ok" if is_ready else "unavailable", "checks": results}, status=200 if is_ready else 503
    )
