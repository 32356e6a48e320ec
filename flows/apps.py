from django.apps import AppConfig


class FlowsConfig(AppConfig):
    name = "flows"

    def ready(self) -> None:
        # Models aren't there before.
        from connections.extensions import register_activity, register_mended, register_removal, register_use  # noqa: PLC0415
        from flows.activity import card_runs  # noqa: PLC0415
        from flows.engine.legs import release_waiting  # noqa: PLC0415
        from flows.operations.forget_connection import forget_connection  # noqa: PLC0415
        from flows.uses import FlowsAndCardRuns  # noqa: PLC0415

        register_activity(card_runs)
        register_use(FlowsAndCardRuns())
        register_removal(forget_connection)
        register_mended(release_waiting)
