"""Signing in, out and again (the only pages of allauth that are routed), and the audit trail."""

from allauth.account.views import logout, reauthenticate
from django.urls import path

from access.pages.audit import audit
from access.pages.sign_in import sign_in

urlpatterns = [
    path("accounts/login/", sign_in, name="account_login"),
    path("accounts/logout/", logout, name="account_logout"),
    path("accounts/reauthenticate/", reauthenticate, name="account_reauthenticate"),
    path("audit/", audit, name="audit"),
]
