from typing import Any
from uuid import UUID

from django.apps import AppConfig
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate

from kernel.redaction import never_show


def _prepare_engine(using: str, **kwargs: Any) -> None:
    """``manage.py migrate`` also makes the engine's tables; ``flush`` sends the same signal, without a plan."""
    if "plan" in kwargs:
        from workflows_console.worker.engine import prepare_engine  # noqa: PLC0415  (only who needs it loads DBOS)

        prepare_engine(using)


def _enqueue_leg(run_id: UUID, leg: int) -> None:
    from workflows_console.worker.client import enqueue_leg  # noqa: PLC0415  (only who runs flows loads DBOS)

    enqueue_leg(run_id, leg)


def _limit_idle_transactions(connection: BaseDatabaseWrapper, **_kwargs: Any) -> None:
    """A process that is frozen within a transaction gives its locks back, as DBOS sees to for its own connections."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET idle_in_transaction_session_timeout = '30s'")


class WorkflowsConsoleConfig(AppConfig):
    name = "workflows_console"

    def ready(self) -> None:
        from flows.engine.dispatch import register_queue  # noqa: PLC0415  (models aren't there before)
        from workflows_console import checks  # noqa: F401, PLC0415  (registers the system checks)

        register_queue(_enqueue_leg)
        post_migrate.connect(_prepare_engine, sender=self)
        connection_created.connect(_limit_idle_transactions)

        passwords = (str(database.get("PASSWORD") or "") for database in settings.DATABASES.values())
        never_show(settings.SECRET_KEY, settings.GOOGLE_CLIENT_SECRET, settings.EMAIL_HOST_PASSWORD, *passwords)
