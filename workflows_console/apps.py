from django.apps import AppConfig


class WorkflowsConsoleConfig(AppConfig):
    name = "workflows_console"

    def ready(self) -> None:
        from workflows_console import checks  # noqa: F401, PLC0415  (registers the system checks)
