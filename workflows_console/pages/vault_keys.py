"""Settings, Vault keys: how old each key of the ring is, and how much sits on it. Never a bit of a key."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from access import policy
from access.actor import actor_of
from kernel.clock import now
from vault.keyring import KeyState
from vault.queries import root_keys

SEALS = {
    "connection": "Tokens of connections",
    "consent": "Authorizations under way",
    "run": "Data of runs",
    "flow": "Secret values in flows",
    "revocation": "Tokens that wait to be revoked",
    "mfa": "Two-factor sign-in",
}
OLD_DAYS = 365


@dataclass(frozen=True, kw_only=True)
class KeyRow:
    id: str
    seals: str
    state: KeyState
    created_at: datetime
    data_keys: int

    @property
    def days(self) -> int:
        return (now() - self.created_at).days

    @property
    def is_old(self) -> bool:
        return self.state is KeyState.ACTIVE and self.days >= OLD_DAYS


@login_required
@require_safe
def vault_keys(request: HttpRequest) -> HttpResponse:
    policy.require(actor_of(request), "policy.manage")
    rows = [
        KeyRow(
            id=key.id.hex(),
            seals=SEALS.get(key.purpose, key.purpose),
            state=key.state,
            created_at=key.created_at,
            data_keys=key.data_keys,
        )
        for key in root_keys()
    ]
    rows.sort(key=lambda row: (list(SEALS.values()).index(row.seals) if row.seals in SEALS.values() else 99, -row.days))
    place = "the file that VAULT_KEY_RING_FILE names" if settings.VAULT_KEY_RING_FILE else "VAULT_KEY_RING"
    return render(request, "settings/vault_keys.html", {"rows": rows, "place": place, "old_days": OLD_DAYS})
