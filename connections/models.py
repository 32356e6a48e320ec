"""A connection and what stands behind it: grants, sealed credentials, consent attempts, facts, policy."""

import unicodedata
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from connections.querysets import ConnectionQuerySet
from kernel.clock import now
from kernel.ids import new_id

if TYPE_CHECKING:
    from access.models import User


def nickname_key(nickname: str) -> str:
    """What makes two nicknames the same: compatibility forms and case don't tell them apart."""
    return " ".join(unicodedata.normalize("NFKC", nickname).casefold().split())


class Status(models.TextChoices):
    """In the order of architecture.md: the first that holds is the connection's."""

    PAUSED = "paused", "Paused"
    NEEDS_REAUTHORIZATION = "needs_reauthorization", "Needs reauthorization"
    BLOCKED = "blocked", "Blocked"
    UNSUPPORTED_ACCOUNT = "unsupported_account", "Unsupported account"
    LIMITED = "limited", "Limited"
    ACTIVE = "active", "Active"


class AccountType(models.TextChoices):
    WORKSPACE = "workspace", "Google Workspace"
    GMAIL = "gmail", "Personal Gmail account"
    CONSUMER = "consumer", "Personal account on its own address"


class Sharing(models.TextChoices):
    PRIVATE = "private", "Private"
    PEOPLE = "people", "Chosen people"
    EVERYONE = "everyone", "Everyone"


class ScopeMode(models.TextChoices):
    DEFAULT = "default", "Default scopes"
    CUSTOM = "custom", "Customized scopes"


class Connection(models.Model):
    """A saved, named authorization to one Google account.

    ``requested_scopes`` and ``granted_scopes`` are those of the last finished
    authorization. ``failure`` is the last failure that a person has to mend, as
    :func:`kernel.errors.to_stored` writes it; passing failures are never stored here.
    ``status`` is derived by :func:`connections.readiness.derive_status` and stored for filtering.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    connector = models.CharField(max_length=40)
    nickname = models.CharField(max_length=80)
    nickname_key = models.CharField(max_length=240, editable=False)
    description = models.TextField(blank=True, max_length=500)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="connections")
    sharing = models.CharField(max_length=10, choices=Sharing, default=Sharing.PRIVATE)
    shared_with = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="shared_connections")
    scope_mode = models.CharField(max_length=10, choices=ScopeMode, default=ScopeMode.DEFAULT)
    requested_scopes = models.JSONField(default=list)
    granted_scopes = models.JSONField(default=list)
    status = models.CharField(max_length=24, choices=Status)
    status_cause = models.JSONField(null=True, blank=True)
    status_since = models.DateTimeField(default=now)
    failure = models.JSONField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    account_sub = models.CharField(max_length=255)
    account_email = models.CharField(max_length=320)
    account_hosted_domain = models.CharField(max_length=253, blank=True)
    account_type = models.CharField(max_length=10, choices=AccountType)
    account_picture = models.CharField(max_length=500, blank=True)
    client_id = models.CharField(max_length=255)
    grant_expires_at = models.DateTimeField(null=True, blank=True)
    default_project = models.CharField(max_length=255, blank=True)
    default_service_account = models.CharField(max_length=320, blank=True)
    created_at = models.DateTimeField(default=now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_checked_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    version = models.PositiveIntegerField(default=1)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connector", "nickname_key"], condition=Q(deleted_at=None), name="connection_nickname_unique"
            ),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="connection_status_known"),
            models.CheckConstraint(condition=Q(account_type__in=AccountType.values), name="connection_account_known"),
        ]
        indexes = [
            models.Index(fields=["status", "nickname_key"]),
            models.Index(fields=["client_id", "account_sub"]),
        ]

    def __str__(self) -> str:
        return self.nickname

    def save(self, *args: object, **kwargs: object) -> None:
        self.nickname_key = nickname_key(self.nickname)
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def is_shared_with(self, user: "User") -> bool:
        if self.sharing == Sharing.EVERYONE:
            return True
        return self.sharing == Sharing.PEOPLE and self.shared_with.filter(pk=user.pk).exists()


class Grant(models.Model):
    """What one finished consent gave. History, never edited."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="grants")
    requested = models.JSONField()
    granted = models.JSONField()
    added = models.JSONField(default=list)
    removed = models.JSONField(default=list)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    account_sub = models.CharField(max_length=255)
    account_email = models.CharField(max_length=320)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.account_email} {self.created_at:%Y-%m-%d %H:%M}"


class CredentialState(models.TextChoices):
    STAGED = "staged"
    LIVE = "live"
    RETIRED = "retired"


class Credential(models.Model):
    """Sealed tokens, in a table of their own so that no list loads them.

    ``version`` grows with every sealed value and is part of what each is bound to. The
    lease lets one process refresh at a time; ``not_before`` is the cool-down after failures.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="credentials")
    state = models.CharField(max_length=8, choices=CredentialState)
    sealed_refresh_token = models.BinaryField()
    refresh_token_version = models.PositiveIntegerField(default=1)
    sealed_access_token = models.BinaryField(null=True)
    access_token_version = models.PositiveIntegerField(default=1)
    access_expires_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    lease = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection"], condition=Q(state="live"), name="credential_one_live_per_connection"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} credential {self.pk}"


class Purpose(models.TextChoices):
    CREATE = "create"
    REAUTHORIZE = "reauthorize"


class Outcome(models.TextChoices):
    PENDING = "pending"
    STAGED = "staged"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"


class ConsentAttempt(models.Model):
    """One start of the browser part, until it ends or expires.

    The state, the browser's binding and the nonce are kept as SHA-256 only; the PKCE
    verifier is sealed. ``form`` holds what the person typed; ``return_to`` a route name
    with its ids, never an address. ``failure`` is a stored error. A reauthorization keeps what
    its new grant gave in ``proof``; ``staged`` is that grant's credential until it is used or shredded.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    purpose = models.CharField(max_length=12, choices=Purpose)
    connector = models.CharField(max_length=40)
    connection = models.ForeignKey(
        Connection, null=True, blank=True, on_delete=models.CASCADE, related_name="consent_attempts"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    form = models.JSONField(default=dict)
    scopes = models.JSONField(default=list)
    return_to = models.JSONField(null=True, blank=True)
    issuer = models.CharField(max_length=255)
    state_hash = models.CharField(max_length=64, unique=True, null=True, blank=True)
    browser_hash = models.CharField(max_length=64, blank=True)
    nonce_hash = models.CharField(max_length=64, blank=True)
    sealed_verifier = models.BinaryField(null=True)
    idempotency_key = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(default=now)
    started_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.PENDING)
    failure = models.JSONField(null=True, blank=True)
    staged = models.OneToOneField(
        Credential, null=True, blank=True, on_delete=models.SET_NULL, related_name="consent_attempt"
    )
    proof = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "idempotency_key"], condition=~Q(idempotency_key=""), name="attempt_idempotent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"


class RevocationState(models.TextChoices):
    WAITING = "waiting", "Waits for Google"
    REVOKED = "revoked", "Revoked at Google"
    KEPT = "kept", "Kept: another connection shares it"
    NO_TOKEN = "no_token", "Not revoked: no token opened"
    GIVEN_UP = "given_up", "Given up: Google could not be told"


class Revocation(models.Model):
    """What became of a grant at Google when its connection ended; while it waits, the revoke outbox.

    A grant that a consent gave and the console refused has no connection. The refresh token waits
    sealed under a key of its own, until Google was told or ``expires_at``, a day later.
    ``next_try_at`` is also the claim of whoever is trying. ``siblings`` counts the connections for
    whose sake the grant was kept.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    connection = models.ForeignKey(
        Connection, null=True, blank=True, on_delete=models.CASCADE, related_name="revocations"
    )
    connector = models.CharField(max_length=40)
    client_id = models.CharField(max_length=255)
    account_sub = models.CharField(max_length=255)
    account_email = models.CharField(max_length=320)
    state = models.CharField(max_length=10, choices=RevocationState)
    sealed_token = models.BinaryField(null=True)
    siblings = models.PositiveIntegerField(default=0)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="waiting", sealed_token__isnull=False)
                | (~Q(state="waiting") & Q(sealed_token__isnull=True)),
                name="revocation_token_while_waiting",
            ),
        ]
        indexes = [models.Index(fields=["state", "next_try_at"])]

    def __str__(self) -> str:
        return f"{self.state} revocation {self.pk}"


class Fact(models.Model):
    """Something learned about a connection, and when."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="facts")
    name = models.CharField(max_length=255)
    value = models.JSONField()
    learned_at = models.DateTimeField(default=now)
    source = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "name"], name="fact_unique")]

    def __str__(self) -> str:
        return self.name


class Policy(models.Model):
    """One row: what this console allows. Empty lists mean no limit. ``privacy_url`` is the operator's own page."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    allowed_domains = models.JSONField(default=list)
    scope_ceiling = models.JSONField(default=list)
    refuse_consumer_accounts = models.BooleanField(default=False)
    retention_days = models.PositiveIntegerField(default=30)
    privacy_url = models.CharField(max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="policy_single_row")]

    def __str__(self) -> str:
        return "policy"

    @classmethod
    def current(cls) -> "Policy":
        """The row, made from the environment's first values when there is none yet."""
        return cls.objects.get_or_create(pk=1, defaults=dict(settings.FIRST_POLICY))[0]
