"""The engine's tables, without what a test before left there."""

from workflows_console.worker.client import _client, engine_client
from workflows_console.worker.engine import prepare_engine


def empty_engine() -> None:
    prepare_engine()
    _client.cache_clear()  # it knows the data folder of the test before
    if left := [each.workflow_id for each in engine_client().list_workflows()]:
        engine_client().delete_workflows(left)
