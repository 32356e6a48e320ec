from django.apps import AppConfig
from django.conf import settings

from kernel.redaction import never_show


class WorkflowsConsoleConfig(AppConfig):
    name = "workflows_console"

    def ready(self) -> None:
        from workflows_console import checks  # noqa: F401, PLC0415  (registers the system checks)

        passwords = (str(database.get("PASSWORD") or "") for database in settings.DATABASES.values())
        never_show(settings.SECRET_KEY, settings.GOOGLE_CLIENT_SECRET, *passwords)
