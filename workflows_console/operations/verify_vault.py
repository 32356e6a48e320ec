"""Open everything that the console keeps sealed."""

from collections.abc import Callable

from access import policy
from access.actor import Actor
from access.operations.sealed_seeds import sealed_seeds
from connections.operations.sealed_values import sealed_tokens
from flows.engine.flow_secrets import sealed_secrets
from flows.engine.hook_secrets import sealed_hooks
from flows.engine.sealed_values import sealed_steps
from vault.operations.verify_sealed import SealedSource, Verified, verify_sealed

SOURCES: tuple[SealedSource, ...] = (sealed_tokens, sealed_steps, sealed_secrets, sealed_hooks, sealed_seeds)
"""Every package that seals is here; a test holds it against the models."""


def verify_vault(actor: Actor, progress: Callable[[int], None] = lambda _done: None) -> Verified:
    """What opens and what doesn't; nothing is changed. :raises NotPermitted: the actor may not."""
    policy.require(actor, "policy.manage")
    return verify_sealed(SOURCES, progress)
