"""Chainable filters. ``visible_to`` is the only way to a flow or a run."""

from typing import TYPE_CHECKING

from django.db import models

from access import policy
from access.actor import Actor

if TYPE_CHECKING:
    from flows.models import Flow, Run  # noqa: F401  (the type checker reads the names in quotes below)


class FlowQuerySet(models.QuerySet["Flow"]):
    def reachable(self, actor: Actor, permission: str) -> "FlowQuerySet":
        """Flows that the actor's roles reach with that permission."""
        reach = policy.reach(actor, permission)
        if reach.all:
            return self.all()
        return self.filter(owner=actor.user) if reach.own and actor.user else self.none()

    def visible_to(self, actor: Actor) -> "FlowQuerySet":
        return self.reachable(actor, "flow.view")


class RunQuerySet(models.QuerySet["Run"]):
    def reachable(self, actor: Actor, permission: str) -> "RunQuerySet":
        """Runs that the actor's roles reach with that permission."""
        reach = policy.reach(actor, permission)
        if reach.all:
            return self.all()
        return self.filter(owner=actor.user) if reach.own and actor.user else self.none()

    def visible_to(self, actor: Actor) -> "RunQuerySet":
        return self.reachable(actor, "run.view")
