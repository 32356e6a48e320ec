"""Two-factor sign-in by allauth, with its seeds sealed: allauth itself would keep them in clear."""

from base64 import b64decode, b64encode
from typing import Any

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed, authenticator_used
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, generate_totp_secret
from django import forms
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from access import audit
from access.actor import actor_of
from access.models import User
from vault.cipher import Context
from vault.operations.open_sealed import open_sealed
from vault.operations.seal import seal

PURPOSE = "mfa"


def _owner() -> User:
    """Who is signing in, or else is signed in: nobody else's seed is ever sealed or opened in a request."""
    request = context.request
    stage = getattr(request, "_login_stage", None)
    user = stage.login.user if stage else request.user
    if not isinstance(user, User):
        raise LookupError("nobody signs in or is signed in")  # noqa: TRY004  (a state, not an argument)
    return user


def seed_context(owner: User) -> Context:
    """A seed opens only for its person: moved to another's row it is worth nothing."""
    return Context(
        table="mfa_authenticator",
        row=str(owner.pk),
        field="seed",
        purpose=PURPOSE,
        connector="",
        subject=str(owner.pk),
        version=1,
    )


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Where allauth keeps seeds: its JSON column, sealed under a data key of the person's."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "This code is wrong, or was used before. Enter the one shown now.",
    }

    def encrypt(self, text: str) -> str:
        owner = _owner()
        sealed = seal(purpose=PURPOSE, owner=owner.pk, context=seed_context(owner), plaintext=text.encode())
        return b64encode(sealed).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """:raises VaultFailure: it isn't this person's seed, or their key was destroyed."""
        owner = _owner()
        sealed = b64decode(encrypted_text)
        return open_sealed(purpose=PURPOSE, owner=owner.pk, context=seed_context(owner), sealed=sealed).decode()


class CodeInput(forms.TextInput):
    """A code is good for one try: a wrong one doesn't stand there again."""

    def __init__(self) -> None:
        super().__init__({"autocomplete": "one-time-code", "inputmode": "numeric"})

    def format_value(self, value: Any) -> None:  # noqa: ARG002  (Django's signature)
        return None


class SecondStepForm(AuthenticateForm):  # type: ignore[misc]
    code = forms.CharField(label="Code", widget=CodeInput)


class ConfirmForm(ReauthenticateForm):  # type: ignore[misc]
    code = forms.CharField(label="Code", widget=CodeInput)


class ActivateForm(ActivateTOTPForm):  # type: ignore[misc]
    """allauth's form, with the seed sealed in the session too while it waits for its first code."""

    code = forms.CharField(label="Code", widget=CodeInput)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        forms.Form.__init__(self, *args, **kwargs)
        self.user = user
        self.secret = self._pending() if self.is_bound else self._make()

    def _make(self) -> str:
        secret: str = generate_totp_secret()
        context.request.session[SECRET_SESSION_KEY] = MfaAdapter().encrypt(secret)
        return secret

    def _pending(self) -> str:
        sealed = context.request.session.get(SECRET_SESSION_KEY)
        return MfaAdapter().decrypt(sealed) if sealed else self._make()


@receiver(authentication_failed)
def note_failure(request: HttpRequest, user: User, **_kwargs: Any) -> None:
    with transaction.atomic():
        about = {"kind": "person", "object_id": str(user.pk), "name": user.email}
        audit.record(actor_of(request), "sign_in.failed", **about, difference={"reason": "wrong code"})


@receiver(authenticator_used)
def note_recovery(request: HttpRequest, user: User, authenticator: Authenticator, **_kwargs: Any) -> None:
    """A recovery code says that the phone is out of reach, which its owner may want to hear of."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        with transaction.atomic():
            about = {"kind": "person", "object_id": str(user.pk), "name": user.email}
            audit.record(actor_of(request), "recovery_code.used", **about, difference=None)
