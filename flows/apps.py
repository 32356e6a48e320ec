from django.apps import AppConfig


class FlowsConfig(AppConfig):
    name = "flows"

    def ready(self) -> None:
        # Models aren't there before.
        from connections.extensions import (  # noqa: PLC0415
            register_activity,
            register_mended,
            register_place,
            register_removal,
            register_use,
        )
        from flows.activity import cards_run  # noqa: PLC0415
        from flows.engine.legs import release_waiting  # noqa: PLC0415
        from flows.operations.forget_connection import forget_connection  # noqa: PLC0415
        from flows.operations.take_connection import take_connection  # noqa: PLC0415
        from flows.uses import FlowsAndCardRuns  # noqa: PLC0415

        register_activity(cards_run)
        register_place("flow_card", take_connection)
        register_use(FlowsAndCardRuns())
        register_removal(forget_connection)
        register_mended(release_waiting)
