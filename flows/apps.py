from django.apps import AppConfig


class FlowsConfig(AppConfig):
    name = "flows"

    def ready(self) -> None:
        from connections.extensions import register_activity  # noqa: PLC0415  (models aren't there before)
        from flows.activity import card_runs  # noqa: PLC0415

        register_activity(card_runs)
