"""Change what this console allows: domains, scopes, personal accounts, how long data is kept."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import F

from access import audit, policy
from access.actor import Actor
from connections.models import Policy
from connections.scope_catalog import lookup, suggest
from kernel.errors import EditStale, InputRejected

LONGEST_RETENTION = 30
"""Days that what passes through runs may be kept (security.md, Data policy)."""

_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")


def change_policy(
    actor: Actor,
    *,
    version: int,
    allowed_domains: Iterable[str],
    scope_ceiling: Iterable[str],
    refuse_consumer_accounts: bool,
    retention_days: int,
    privacy_url: str,
) -> Policy:
    """The policy from now on. It holds for authorizations that begin or end later; connections stay as they are.

    :param version: the one that the person saw.
    :raises NotPermitted: the actor may not change the policy. :raises EditStale: somebody changed it meanwhile.
    :raises InputRejected: a domain, scope, number or address can't be taken.
    """
    policy.require(actor, "policy.manage")
    wanted: dict[str, Any] = {
        "allowed_domains": sorted({name.strip().lower().removeprefix("@") for name in allowed_domains if name.strip()}),
        "scope_ceiling": list(dict.fromkeys(name.strip() for name in scope_ceiling if name.strip())),
        "refuse_consumer_accounts": refuse_consumer_accounts,
        "retention_days": retention_days,
        "privacy_url": privacy_url.strip(),
    }
    _check(wanted)
    wanted["scope_ceiling"] = sorted({known.short for name in wanted["scope_ceiling"] if (known := lookup(name))})
    with transaction.atomic():
        Policy.current()
        held = Policy.objects.select_for_update().get(pk=1)
        if held.version != version:
            raise EditStale
        difference = {
            name: [getattr(held, name), value] for name, value in wanted.items() if getattr(held, name) != value
        }
        if difference:
            Policy.objects.filter(pk=1).update(**wanted, version=F("version") + 1)
            audit.record(
                actor, "policy.settings_changed", kind="policy", object_id="1", name="Policy", difference=difference
            )
    return Policy.current()


def _check(wanted: dict[str, Any]) -> None:
    fields = {
        "allowed_domains": [
            f"“{name}” is not a domain. Write it as example.com."
            for name in wanted["allowed_domains"]
            if not _DOMAIN.fullmatch(name)
        ],
        "scope_ceiling": [_unknown(name) for name in wanted["scope_ceiling"] if lookup(name) is None],
        "retention_days": []
        if 0 <= wanted["retention_days"] <= LONGEST_RETENTION
        else [f"Enter a number from 0 to {LONGEST_RETENTION}."],
        "privacy_url": [] if _is_address(wanted["privacy_url"]) else ["Enter an address that begins with https://."],
    }
    wrong = {name: texts for name, texts in fields.items() if texts}
    if wrong:
        raise InputRejected(fields=wrong)


def _unknown(name: str) -> str:
    near = suggest(name)
    hint = f" Did you mean {near.short}?" if near else ""
    return f"Google has no scope “{name}”.{hint}"


def _is_address(url: str) -> bool:
    """Nothing, or an https address: it becomes a link on a page."""
    if not url:
        return True
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and len(url) <= 500 and url.isprintable() and " " not in url  # noqa: PLR2004
