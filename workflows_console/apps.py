from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate

from kernel.redaction import never_show


def _prepare_engine(using: str, **kwargs: Any) -> None:
    """``manage.py migrate`` also makes the engine's tables; ``flush`` sends the same signal, without a plan."""
    if "plan" in kwargs:
        from workflows_console.worker.engine import prepare_engine  # noqa: PLC0415  (the web never loads DBOS)

        prepare_engine(using)


class WorkflowsConsoleConfig(AppConfig):
    name = "workflows_console"

    def ready(self) -> None:
        from workflows_console import checks  # noqa: F401, PLC0415  (registers the system checks)

        post_migrate.connect(_prepare_engine, sender=self)

        passwords = (str(database.get("PASSWORD") or "") for database in settings.DATABASES.values())
        never_show(settings.SECRET_KEY, settings.GOOGLE_CLIENT_SECRET, settings.EMAIL_HOST_PASSWORD, *passwords)
