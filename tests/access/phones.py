"""Somebody with an authenticator app, who sets it up and signs in as on the pages."""

import re
from dataclasses import dataclass, field

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from access.models import User
from kernel.clock import now
from tests.factories import PASSWORD


@dataclass
class Phone:
    """A person with an authenticator app."""

    user: User
    secret: str = ""
    recovery: list[str] = field(default_factory=list)

    def code(self) -> str:
        return str(format_hotp_value(hotp_value(self.secret, int(now().timestamp()) // 30)))

    def set_up(self, client: Client) -> None:
        page = client.get(reverse("mfa_activate_totp")).content.decode()
        found = re.search(r'value="([A-Z2-7]{32})"', page)
        assert found is not None, page
        self.secret = found[1]
        answer = client.post(reverse("mfa_activate_totp"), {"code": self.code()})
        assert answer["Location"] == reverse("mfa_view_recovery_codes")
        shown = client.get(answer["Location"]).content.decode()
        self.recovery = re.findall(r"<code>(\d{8})</code>", shown)

    def password(self, client: Client) -> HttpResponse:
        answer = client.post(reverse("account_login"), {"login": self.user.email, "password": PASSWORD})
        assert isinstance(answer, HttpResponse)
        return answer

    def sign_in(self, client: Client, code: str) -> HttpResponse:
        assert self.password(client)["Location"] == reverse("mfa_authenticate")
        answer = client.post(reverse("mfa_authenticate"), {"code": code})
        assert isinstance(answer, HttpResponse)
        return answer
