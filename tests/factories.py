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

PASSWORD = "a-long-password-for-tests"
GMAIL_SCOPES = tuple(
    f"https://www.googleapis.com/auth/{name}" for name in ("gmail.readonly", "gmail.compose", "gmail.send")
)


class UserFactory(DjangoModelFactory):  # type: ignore[misc]
    """A person. ``administrator=True``, ``connection_manager=True`` and so on give roles; none gives none."""

    class Meta:
        model = User

    class Params:
        administrator = False
        connection_manager = False
        flow_builder = False
        operator = False
        auditor = False

    email = factory.Sequence(lambda number: f"person{number}@console.example")
    name = factory.Sequence(lambda number: f"Person {number}")
    password = factory.django.Password(PASSWORD)
    roles = factory.LazyAttribute(lambda made: [role for role in Role if getattr(made, role.name.lower())])

    @classmethod
    def _build(cls, model_class: type[User], *args: Any, **values: Any) -> User:
        del values["roles"]  # rows, which somebody who isn't saved can't have
        user: User = super()._build(model_class, *args, **values)
        return user

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, roles: list[Role], **values: Any) -> User:
        user: User = super()._create(model_class, *args, **values)
        RoleAssignment.objects.bulk_create([RoleAssignment(user=user, role=role.value) for role in roles])
        return user


class ConnectionFactory(DjangoModelFactory):  # type: ignore[misc]
    """A connection of a Workspace account with everything granted, its grant, and sealed tokens that Google never made.

    ``requested_scopes``, ``granted_scopes`` and ``status`` are taken as given: nothing is derived.
    """

    class Meta:
        model = Connection

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

    @classmethod
    def _create(cls, model_class: type[Connection], *args: Any, **values: Any) -> Connection:
        connection: Connection = super()._create(model_class, *args, **values)
        Grant.objects.create(
            connection=connection,
            requested=connection.requested_scopes,
            granted=connection.granted_scopes,
            added=connection.granted_scopes,
            by=connection.owner,
            account_sub=connection.account_sub,
            account_email=connection.account_email,
        )
        credential = Credential(id=new_id(), connection=connection, state=CredentialState.LIVE)
        credential.sealed_refresh_token = seal_token(connection, credential, REFRESH_TOKEN, 1, f"1//{new_secret()}")
        credential.sealed_access_token = seal_token(connection, credential, ACCESS_TOKEN, 1, f"ya29.{new_secret()}")
        credential.access_expires_at = expiry(3600)
        credential.save(force_insert=True)
        return connection
