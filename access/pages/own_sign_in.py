"""Settings, Sign-in: one's own password, second factor and sessions."""

from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from access.actor import actor_of
from access.models import PersonSession, User
from access.operations.end_sessions import end_sessions
from access.operations.set_password import set_password
from access.people_queries import own_sessions, second_factor
from kernel.errors import InputRejected


class ChangePasswordForm(forms.Form):
    current = forms.CharField(
        label="Current password",
        max_length=4096,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )
    password = forms.CharField(
        label="New password",
        max_length=4096,
        strip=False,
        help_text="At least 12 characters. Your other sessions end.",
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="The same again",
        max_length=4096,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def __init__(self, request: HttpRequest, user: User) -> None:
        super().__init__(request.POST or None)
        self.request, self.user = request, user

    def clean_current(self) -> str:
        """Through the sign-in's own check, so that guessing is limited and stands in the trail."""
        given = str(self.cleaned_data["current"])
        if not get_adapter(self.request).reauthenticate(self.user, given):
            raise ValidationError("This is not your password.")
        return given

    def clean(self) -> None:
        given = self.cleaned_data
        if "password" in given and "again" in given and given["password"] != given["again"]:
            self.add_error("again", "The two passwords differ.")


@login_required
@require_safe
def own_sign_in(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    context: dict[str, Any] = {
        "sessions": own_sessions(actor, current=request.session.session_key),
        "second_factor": second_factor(actor.person),
    }
    return render(request, "settings/sign_in.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def change_password(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    form = ChangePasswordForm(request, actor.person)
    if request.method == "POST" and form.is_valid():
        keep = str(request.session.session_key)
        try:
            set_password(actor, person=actor.person, password=form.cleaned_data["password"], keep=keep)
        except InputRejected as error:
            for name, texts in error.fields.items():
                form.add_error(name, list(texts))
        else:
            _stay_signed_in(request, actor.person)
            messages.info(request, "Your password is changed. Your other sessions have ended.")
            return redirect("settings")
    return render(request, "settings/change_password.html", {"form": form}, status=422 if form.errors else 200)


def _stay_signed_in(request: HttpRequest, person: User) -> None:
    """Bind this session to the new password, which gives it a new key."""
    noted = PersonSession.objects.filter(session_key=request.session.session_key)
    update_session_auth_hash(request, person)
    noted.update(session_key=request.session.session_key)


@login_required
@require_POST
def end_session(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """One of one's own; ending this one signs out here."""
    actor = actor_of(request)
    end_sessions(actor, person=actor.person, only=session_id)
    messages.info(request, "The session has ended.")
    return redirect("settings")


@login_required
@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    ended = end_sessions(actor, person=actor.person, keep=str(request.session.session_key))
    messages.info(request, f"{ended} other session{'' if ended == 1 else 's'} ended.")
    return redirect("settings")
