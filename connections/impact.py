"""What deleting or pausing a connection would touch."""

from dataclasses import dataclass

from access.actor import Actor
from connections.extensions import Use, uses_of
from connections.models import Connection


@dataclass(frozen=True, kw_only=True)
class Impact:
    """``siblings`` are those sharing the grant that the actor sees, ``hidden_siblings`` counts the others."""

    uses: tuple[Use, ...]
    siblings: tuple[Connection, ...]
    hidden_siblings: int

    @property
    def waiting_runs(self) -> int:
        return sum(use.waiting_runs for use in self.uses)

    @property
    def sibling_count(self) -> int:
        return len(self.siblings) + self.hidden_siblings


def impact_of(actor: Actor, connection: Connection) -> Impact:
    """Uses and siblings of a connection that the actor sees. Nothing is left out; what is hidden is counted."""
    sharing = Connection.objects.sharing_grant_of(connection)
    visible = set(Connection.objects.visible_to(actor).filter(pk__in=sharing.values("pk")).values_list("pk", flat=True))
    siblings = list(sharing.order_by("nickname_key", "pk"))
    return Impact(
        uses=uses_of(connection.pk),
        siblings=tuple(each for each in siblings if each.pk in visible),
        hidden_siblings=len(siblings) - len(visible),
    )
