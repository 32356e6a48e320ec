"""Signing in: allauth's form on our page, and on a local console the people one can be."""

from typing import Any, NoReturn

from allauth.account.views import LoginView
from django.conf import settings
from django.http import HttpRequest

from access.demo_people import DEMO_PASSWORD, DEMO_PEOPLE
from access.errors import TooManySignIns


class SignIn(LoginView):  # type: ignore[misc]
    """``?login=`` fills in the address; for a demo person also the password that the page shows anyway."""

    def get_initial(self) -> dict[str, Any]:
        return {"login": self.request.GET.get("login", "")}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        if settings.SHOW_DEMO_PEOPLE:
            is_demo = context["form"]["login"].value() in {each.email for each in DEMO_PEOPLE}
            filled = DEMO_PASSWORD if is_demo else False
            context |= {"demo_people": DEMO_PEOPLE, "demo_password": DEMO_PASSWORD, "filled_password": filled}
        return context


sign_in = SignIn.as_view()


def too_many_sign_ins(request: HttpRequest) -> NoReturn:  # noqa: ARG001  (allauth calls it as handler429)
    """What allauth shows instead of the form when a network tries too often."""
    raise TooManySignIns
