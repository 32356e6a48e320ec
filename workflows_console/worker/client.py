"""The web's way to the engine, and the worker's to its queue: one client for each process, made when it is needed."""

import os
from functools import cache
from uuid import UUID

from dbos import DBOSClient, DBOSPortableJSONSerializer

from workflows_console.worker.engine_database import CLIENT_POOL, SCHEMA, engine_address, sqlite_engine

APPLICATION = "console"
VERSION = "1"
"""Raised only when the order of a workflow's steps changes: one of another version is never taken up again."""
RUNS, RUN_LEG = "runs", "run_leg"


def enqueue_leg(run_id: UUID, leg: int) -> None:
    """Hand a leg to whichever worker is free. Handed over twice, it runs once."""
    engine_client().enqueue(
        {
            "queue_name": RUNS,
            "workflow_name": RUN_LEG,
            "workflow_id": f"{run_id}.{leg}",
            "app_version": VERSION,
        },
        str(run_id),
        leg,
    )


def engine_client() -> DBOSClient:
    """The client of this process. One that was used before a fork must not be used after it."""
    return _client(os.getpid())


@cache
def _client(_process: int) -> DBOSClient:
    address = engine_address()
    return DBOSClient(
        system_database_url=address,
        system_database_engine=sqlite_engine(address),
        dbos_system_schema=SCHEMA,
        serializer=DBOSPortableJSONSerializer(),
        application_name=APPLICATION,
        system_database_pool_size=CLIENT_POOL,
        retry_connection_errors=False,
        lazy=True,
    )
