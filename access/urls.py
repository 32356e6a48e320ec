"""Signing in, out and again (the only pages of allauth that are routed), people, keys, and the audit trail."""

from allauth.account.views import logout, reauthenticate
from django.urls import path

from access.pages import api_keys, one_time_link, own_sign_in, people, person, two_factor
from access.pages.audit import audit, audit_csv, verify_all
from access.pages.sign_in import sign_in

urlpatterns = [
    path("accounts/login/", sign_in, name="account_login"),
    path("accounts/login/code/", two_factor.second_step, name="mfa_authenticate"),
    path("accounts/logout/", logout, name="account_logout"),
    path("accounts/reauthenticate/", reauthenticate, name="account_reauthenticate"),
    path("accounts/reauthenticate/code/", two_factor.confirm_by_code, name="mfa_reauthenticate"),
    path("accounts/link/<str:secret>/", one_time_link.one_time_link, name="one_time_link"),
    path("accounts/password/", one_time_link.set_password, name="set_password"),
    path("settings/", own_sign_in.own_sign_in, name="settings"),
    path("settings/password/", own_sign_in.change_password, name="change_password"),
    path("settings/sessions/end-others/", own_sign_in.end_other_sessions, name="end_other_sessions"),
    path("settings/sessions/<uuid:session_id>/end/", own_sign_in.end_session, name="end_session"),
    path("settings/two-factor/", two_factor.activate, name="mfa_activate_totp"),
    path("settings/two-factor/off/", two_factor.deactivate, name="mfa_deactivate_totp"),
    path("settings/recovery-codes/", two_factor.recovery_codes, name="mfa_view_recovery_codes"),
    path("settings/recovery-codes/new/", two_factor.new_recovery_codes, name="mfa_generate_recovery_codes"),
    path("settings/people/", people.people, name="people"),
    path("settings/people/new/", people.invite, name="invite_person"),
    path("settings/people/<uuid:person_id>/", person.person, name="person"),
    path("settings/people/<uuid:person_id>/link/", person.person_link, name="person_link"),
    path("settings/people/<uuid:person_id>/deactivate/", person.deactivate, name="deactivate_person"),
    path("settings/people/<uuid:person_id>/reactivate/", person.reactivate, name="reactivate_person"),
    path("settings/people/<uuid:person_id>/sign-out/", person.sign_out, name="sign_out_person"),
    path("settings/people/<uuid:person_id>/two-factor/remove/", person.take_mfa, name="remove_mfa"),
    path("settings/api-keys/", api_keys.api_keys, name="api_keys"),
    path("settings/api-keys/new/", api_keys.new_api_key, name="new_api_key"),
    path("settings/api-keys/<uuid:key_id>/revoke/", api_keys.revoke, name="revoke_api_key"),
    path("audit/", audit, name="audit"),
    path("audit/entries.csv", audit_csv, name="audit_csv"),
    path("audit/verify/", verify_all, name="verify_audit"),
]
