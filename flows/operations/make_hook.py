"""Make the secret address of a flow's API endpoint, or the secret that signs deliveries, anew."""

from uuid import UUID

from django.db import transaction

from access import audit, policy
from access.actor import Actor
from flows.engine.hook_secrets import HOOK, SIGNING, digest_of, new_hook, new_signing, opened, sealed
from flows.flow_queries import visible_flow
from flows.models import TriggerState
from flows.operations.managed_flow import managed_flow


def make_hook(actor: Actor, flow_id: UUID) -> str:
    """The secret of the address. An earlier address answers no more.

    :raises NotFound: no such flow. :raises NotPermitted: the actor may not edit it.
    """
    with transaction.atomic():
        flow = managed_flow(actor, flow_id)
        hook = new_hook()
        values = {"hook_digest": digest_of(hook), HOOK: sealed(flow.pk, HOOK, hook)}
        TriggerState.objects.update_or_create(flow=flow, defaults=values)
        audit.record(actor, "flow.endpoint_made", kind="flow", object_id=str(flow.pk), name=flow.name)
        return hook


def make_signing_secret(actor: Actor, flow_id: UUID) -> str:
    """The secret, shown this once. From now on only deliveries signed with it are taken.

    :raises NotFound: no such flow. :raises NotPermitted: the actor may not edit it.
    """
    with transaction.atomic():
        flow = managed_flow(actor, flow_id)
        secret = new_signing()
        values = {SIGNING: sealed(flow.pk, SIGNING, secret)}
        TriggerState.objects.update_or_create(flow=flow, defaults=values)
        audit.record(actor, "flow.signing_secret_made", kind="flow", object_id=str(flow.pk), name=flow.name)
        return secret


def remove_signing_secret(actor: Actor, flow_id: UUID) -> None:
    """Take deliveries that aren't signed. :raises NotFound: no such flow. :raises NotPermitted: the actor may not."""
    with transaction.atomic():
        flow = managed_flow(actor, flow_id)
        signed = TriggerState.objects.filter(flow=flow, sealed_signing__isnull=False)
        if signed.update(sealed_signing=None):
            audit.record(actor, "flow.signing_secret_removed", kind="flow", object_id=str(flow.pk), name=flow.name)


def hook_of(actor: Actor, flow_id: UUID) -> tuple[str, bool]:
    """The secret of the address, empty where there is none, and whether deliveries have to be signed.

    :raises NotFound: no such flow. :raises NotPermitted: the actor may not edit it.
    """
    flow = visible_flow(actor, flow_id)
    policy.require(actor, "flow.edit", flow, kind="flow")
    state = TriggerState.objects.filter(flow=flow).first()
    return (opened(state, HOOK), state.sealed_signing is not None) if state else ("", False)
