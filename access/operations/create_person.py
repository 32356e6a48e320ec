"""Make a person with roles, or give an existing one the roles they lack."""

from collections.abc import Iterable, Mapping

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from access import audit
from access.actor import Actor
from access.models import RoleAssignment, User, normal_email
from access.permissions import Role
from kernel.errors import InputRejected

MAX_NAME = 120


def create_person(*, email: str, name: str, password: str, roles: Iterable[Role]) -> User:
    """The person of that address. Who was there before keeps name and password. An act of a command.

    :raises InputRejected: the address is none, or the password is too weak.
    """
    actor = Actor.command()
    with transaction.atomic():
        user = User.objects.filter(email=normal_email(email)).first()
        if user is None:
            user = User(email=normal_email(email), name=" ".join(name.split()))
            check_person(user, password)
            user.set_password(password)
            user.save(force_insert=True)
            audit.record(actor, "person.created", kind="person", object_id=str(user.pk), name=user.email)
        _grant(actor, user, roles)
    return user


def check_address(user: User) -> list[str]:
    """What is wrong with the person's address."""
    try:
        validate_email(user.email)
    except ValidationError:
        return ["Enter an email address, such as ada@example.com."]
    return []


def check_person(user: User, password: str) -> None:
    """:raises InputRejected: the address is none, the name is too long, or the password too weak."""
    fields = {"email": check_address(user), "name": check_name(user)}
    try:
        validate_password(password, user)
    except ValidationError as error:
        fields["password"] = list(error.messages)
    refuse(fields)


def check_name(user: User) -> list[str]:
    """What is wrong with the person's name, which may be empty."""
    is_fine = len(user.name) <= MAX_NAME and (user.name.isprintable() or not user.name)
    return [] if is_fine else [f"Enter a name of at most {MAX_NAME} characters."]


def refuse(fields: Mapping[str, list[str]]) -> None:
    """:raises InputRejected: there is anything to say of a field."""
    wrong = {name: texts for name, texts in fields.items() if texts}
    if wrong:
        raise InputRejected(fields=wrong)


def _grant(actor: Actor, user: User, roles: Iterable[Role]) -> None:
    held = set(RoleAssignment.objects.filter(user=user).values_list("role", flat=True))
    missing = [role for role in dict.fromkeys(roles) if role.value not in held]
    if not missing:
        return
    RoleAssignment.objects.bulk_create([RoleAssignment(user=user, role=role.value) for role in missing])
    audit.record(
        actor,
        "person.roles_changed",
        kind="person",
        object_id=str(user.pk),
        name=user.email,
        difference={"roles": [sorted(held), sorted({*held, *(role.value for role in missing)})]},
    )
