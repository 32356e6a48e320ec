"""Chainable filters. :meth:`ConnectionQuerySet.visible_to` and ``usable_by`` are the only way to a connection."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from access import policy
from access.actor import Actor

if TYPE_CHECKING:
    from connections.models import Connection


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def reachable(self, actor: Actor, permission: str) -> "ConnectionQuerySet":
        """Connections that the actor's roles reach with that permission, deleted ones left out."""
        return self._within_reach(actor, permission).filter(deleted_at=None)

    def _within_reach(self, actor: Actor, permission: str) -> "ConnectionQuerySet":
        reach = policy.reach(actor, permission)
        if reach.all:
            return self
        if actor.user is None:
            return self.none()
        condition = Q(pk__in=[])
        if reach.own:
            condition |= Q(owner=actor.user)
        if reach.shared:
            everyone = Q(sharing="everyone")
            chosen = Q(
                sharing="people",
                pk__in=self.model.shared_with.through.objects.filter(user_id=actor.user.pk).values("connection_id"),
            )
            condition |= everyone | chosen
        return self.filter(condition)

    def visible_to(self, actor: Actor) -> "ConnectionQuerySet":
        return self.reachable(actor, "connection.view")

    def deleted_visible_to(self, actor: Actor) -> "ConnectionQuerySet":
        """What is left of connections that the actor would see, had they not been deleted."""
        return self._within_reach(actor, "connection.view").exclude(deleted_at=None)

    def usable_by(self, actor: Actor) -> "ConnectionQuerySet":
        return self.reachable(actor, "connection.use")

    def holding_grant(self, *, client_id: str, account_sub: str) -> "ConnectionQuerySet":
        """Those that hold a grant: Google revokes it for all of them at once."""
        return self.filter(deleted_at=None, client_id=client_id, account_sub=account_sub, credentials__state="live")

    def sharing_grant_of(self, connection: "Connection") -> "ConnectionQuerySet":
        """The others that hold the same grant."""
        holders = self.holding_grant(client_id=connection.client_id, account_sub=connection.account_sub)
        return holders.exclude(pk=connection.pk)
