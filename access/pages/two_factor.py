"""Two-factor sign-in: allauth's own pages in the console's look, each change in the audit trail."""

from typing import Any

from allauth.mfa.base.views import AuthenticateView, ReauthenticateView
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy

from access import audit
from access.actor import actor_of
from access.reauthentication import require_fresh


class _Audited:
    """A form of allauth's whose effect and entry come together, or neither."""

    event: str
    said: str = ""
    request: HttpRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer: HttpResponse = require_fresh(request) or super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        return answer

    def form_valid(self, form: Any) -> HttpResponse:
        actor = actor_of(self.request)
        with transaction.atomic():
            answer: HttpResponse = super().form_valid(form)  # type: ignore[misc]
            about = {"kind": "person", "object_id": str(actor.user_id), "name": actor.name}
            audit.record(actor, self.event, **about, difference=None)
        if self.said:
            messages.info(self.request, self.said)
        return answer


class Activate(_Audited, ActivateTOTPView):  # type: ignore[misc]
    """The code to scan, then the first code from the app; recovery codes come next."""

    event = "mfa.activated"

    def get_success_url(self) -> str:
        return str(reverse_lazy("mfa_view_recovery_codes"))


class Deactivate(_Audited, DeactivateTOTPView):  # type: ignore[misc]
    event = "mfa.deactivated"
    said = "Two-factor sign-in is off. Your password alone signs you in."
    success_url = reverse_lazy("settings")


class NewRecoveryCodes(_Audited, GenerateRecoveryCodesView):  # type: ignore[misc]
    event = "recovery_codes.made"


activate = login_required(Activate.as_view())
deactivate = login_required(Deactivate.as_view())
new_recovery_codes = login_required(NewRecoveryCodes.as_view())
recovery_codes = ViewRecoveryCodesView.as_view()
second_step = AuthenticateView.as_view()
confirm_by_code = ReauthenticateView.as_view()
