"""What allauth asks the console: nobody signs up, everybody hears the same, and the audit trail hears all."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.db import transaction
from django.http import HttpRequest

from access import audit
from access.actor import Actor, Via, actor_of, address_of, request_id_of
from access.models import User
from access.reauthentication import is_fresh


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-in and sign-out, with an audit entry for each."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "The email address or the password is wrong.",
        "incorrect_password": "This is not your password.",
        "too_many_login_attempts": "Too many attempts to sign in. Wait five minutes, then try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  (allauth's signature)
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: the page a person lands on says it."""

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The person, if they may sign in; an inactive one hears what a wrong password hears."""
        user: User | None = super().authenticate(request, **credentials)
        if user is not None and not user.is_active:
            self.authentication_failed(request, **credentials)
            return None
        return user

    def reauthenticate(self, user: User, password: str) -> bool:
        """Whether it is the person's password. allauth would look for their address in a table of its own."""
        return self.authenticate(self.request, email=user.email, password=password) == user

    def is_reauthentication_required(self, **_kwargs: Any) -> bool:
        """Whether allauth's own pages ask for the password first: by the rule of every other page."""
        return not is_fresh(self.request)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        email = str(credentials.get("email", ""))
        with transaction.atomic():
            audit.record(actor_of(request), "sign_in.failed", kind="person", object_id="", name=email)

    def login(self, request: HttpRequest, user: User) -> None:
        with transaction.atomic():
            super().login(request, user)
            actor = Actor(user=user, via=Via.PAGE, address=address_of(request), request_id=request_id_of(request))
            audit.record(actor, "person.signed_in", kind="person", object_id=str(user.pk), name=user.email)

    def logout(self, request: HttpRequest) -> None:
        actor = actor_of(request)
        with transaction.atomic():
            super().logout(request)
            audit.record(actor, "person.signed_out", kind="person", object_id=str(actor.user_id), name=actor.name)
