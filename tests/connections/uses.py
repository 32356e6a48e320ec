"""Something that uses connections, until flows do."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from unittest.mock import patch
from uuid import UUID

from access.actor import Actor
from connections import extensions
from connections.extensions import Use, register_use
from connections.models import Connection


class Flows:
    """Uses by connection, as a package that has flows tells them through the port."""

    def __init__(self) -> None:
        self.uses: dict[UUID, list[Use]] = {}

    def add(self, connection: Connection, title: str, waiting_runs: int = 0) -> None:
        use = Use(kind="flow", title=title, url="/help/", waiting_runs=waiting_runs)
        self.uses.setdefault(connection.pk, []).append(use)

    def uses_of(self, connection_id: UUID) -> Iterator[Use]:
        return iter(self.uses.get(connection_id, []))

    def flow_counts(self, connection_ids: Collection[UUID]) -> Mapping[UUID, int]:
        return {each: len(self.uses[each]) for each in connection_ids if each in self.uses}

    def replace(self, _actor: Actor, _old: Connection, _new: Connection) -> int:
        return 0


@contextmanager
def registered_flows() -> Iterator[Flows]:
    flows = Flows()
    with patch.object(extensions, "_uses", []):
        register_use(flows)
        yield flows
