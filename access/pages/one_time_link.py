"""Setting a password by a one-time link."""

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from access.actor import actor_of
from access.models import LinkPurpose, User
from access.operations.accept_link import accept_link, find_link
from kernel.errors import InputRejected
from kernel.ids import fingerprint

LINK = "one_time_link"


class PasswordForm(forms.Form):
    name = forms.CharField(
        label="Your name", required=False, max_length=120, widget=forms.TextInput({"autocomplete": "name"})
    )
    password = forms.CharField(
        label="Password",
        max_length=4096,
        strip=False,
        help_text="At least 12 characters.",
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="The same again",
        max_length=4096,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def clean(self) -> None:
        given = self.cleaned_data
        if "password" in given and "again" in given and given["password"] != given["again"]:
            self.add_error("again", "The two passwords differ.")


@require_safe
def one_time_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Note which link it was and go on without it, so that it stands in no address that is sent elsewhere.

    Opening it uses nothing up: programs that read mail open links, too.
    """
    find_link(fingerprint(secret))
    request.session[LINK] = fingerprint(secret)
    return redirect("set_password")


@require_http_methods(["GET", "POST"])
def set_password(request: HttpRequest) -> HttpResponse:
    """Ask for the password, and sign the person in with it."""
    link_hash = str(request.session.get(LINK, ""))
    link = find_link(link_hash)
    form = PasswordForm(request.POST or None, initial={"name": link.user.name})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            person = accept_link(actor_of(request), link_hash=link_hash, name=given["name"], password=given["password"])
        except InputRejected as error:
            for name, texts in error.fields.items():
                form.add_error(name, list(texts))
        else:
            logout(request)  # who was signed in here may be somebody else
            messages.info(request, "Your password is set.")
            return _sign_in(request, person)
    is_invitation = link.purpose == LinkPurpose.INVITATION
    context = {"form": form, "person": link.user, "is_invitation": is_invitation}
    return render(request, "access/set_password.html", context, status=422 if form.errors else 200)


def _sign_in(request: HttpRequest, person: User) -> HttpResponse:
    """As the sign-in page does after the right password: whoever has a second factor is asked for the code next."""
    login = Login(user=person, email=person.email)
    answer: HttpResponse = perform_password_login(request, {"email": person.email}, login)
    return answer
