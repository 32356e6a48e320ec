"""People and connections for tests, saved and complete, without asking Google."""

from typing import Any

import factory
from factory.django import DjangoModelFactory

from access.models import RoleAssignment, User
from access.permissions import Role
from connections.extensions import IDENTITY_SCOPES
from connections.models import AccountType, Connection, Credential, CredentialState, Grant, Status
from connections.operations.credentials import ACCESS_TOKEN, REFRESH_TOKEN, expiry, seal_token
from kernel.ids import new_id, new_secret

GMAIL_SCOPES = tuple(
    f"https://www.googleapis.com/auth/{name}" for name in ("gmail.readonly", "gmail.compose", "gmail.send")
)


class UserFactory(DjangoModelFactory):  # type: ignore[misc]
    """A person. ``administrator=True``, ``connection_manager=True`` and so on give roles; none gives none."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    class Params:
        administrator = False
        connection_manager = False
        flow_builder = False
        operator = False
        auditor = False

    email = factory.Sequence(lambda number: f"person{number}@console.example")
    name = factory.Sequence(lambda number: f"Person {number}")
    password = factory.django.Password("a-long-password-for-tests")

    @classmethod
    def _generate(cls, strategy: str, params: dict[str, Any]) -> Any:
        roles = [role for role in Role if params.get(role.name.lower())]
        user = super()._generate(strategy, params)
        if strategy == factory.CREATE_STRATEGY:
            RoleAssignment.objects.bulk_create([RoleAssignment(user=user, role=role.value) for role in roles])
        return user


class ConnectionFactory(DjangoModelFactory):  # type: ignore[misc]
    """A connection of a Workspace account with everything granted, its grant, and sealed tokens that Google never made.

    ``requested_scopes``, ``granted_scopes`` and ``status`` are taken as given: nothing is derived.
    """

    class Meta:
        model = Connection
        skip_postgeneration_save = True

    connector = "gmail"
    nickname = factory.Sequence(lambda number: f"Connection {number}")
    owner = factory.SubFactory(UserFactory, administrator=True)
    requested_scopes = factory.LazyFunction(lambda: [*IDENTITY_SCOPES, *GMAIL_SCOPES])
    granted_scopes = factory.LazyAttribute(lambda made: sorted(made.requested_scopes))
    status = Status.ACTIVE
    account_sub = factory.Sequence(lambda number: f"1000000000{number:011}")
    account_email = factory.Sequence(lambda number: f"mailbox{number}@acme.example")
    account_hosted_domain = "acme.example"
    account_type = AccountType.WORKSPACE
    client_id = "sandbox-client"

    @factory.post_generation
    def grant(self: Connection, create: bool, _given: Any, **_more: Any) -> None:
        """What the last consent gave."""
        if create:
            Grant.objects.create(
                connection=self,
                requested=self.requested_scopes,
                granted=self.granted_scopes,
                added=self.granted_scopes,
                by=self.owner,
                account_sub=self.account_sub,
                account_email=self.account_email,
            )

    @factory.post_generation
    def credential(self: Connection, create: bool, _given: Any, **_more: Any) -> None:
        """A live credential, good for an hour."""
        if create:
            made = Credential(id=new_id(), connection=self, state=CredentialState.LIVE)
            made.sealed_refresh_token = seal_token(self, made, REFRESH_TOKEN, 1, f"1//{new_secret()}")
            made.sealed_access_token = seal_token(self, made, ACCESS_TOKEN, 1, f"ya29.{new_secret()}")
            made.access_expires_at = expiry(3600)
            made.save(force_insert=True)
