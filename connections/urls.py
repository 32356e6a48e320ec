"""Addresses under /connections/."""

from django.urls import path

from connections.pages.activity import activity
from connections.pages.authorization import authorization, consent_mismatch
from connections.pages.callback import google_callback
from connections.pages.cards import cards
from connections.pages.check import check
from connections.pages.choose_connector import choose_connector
from connections.pages.delete import delete, deleted
from connections.pages.export import export
from connections.pages.list import connection_list
from connections.pages.new_connection import new_connection
from connections.pages.overview import overview
from connections.pages.owner import owner
from connections.pages.pause import pause, resume
from connections.pages.permissions import permissions
from connections.pages.reauthorize import reauthorize
from connections.pages.replace import replace
from connections.pages.selected import selected
from connections.pages.service_account import check_role, service_account
from connections.pages.settings import settings
from connections.pages.share import share
from connections.pages.switch import keep_old_grant, use_new_grant
from connections.pages.usage import usage

urlpatterns = [
    path("", connection_list, name="connections"),
    path("connections.csv", export, name="export_connections"),
    path("selected/", selected, name="selected_connections"),
    path("new/", choose_connector, name="choose_connector"),
    path("new/<slug:connector>/", new_connection, name="new_connection"),
    path("authorizations/<uuid:attempt_id>/", authorization, name="authorization"),
    path("authorizations/<uuid:attempt_id>/use/", use_new_grant, name="use_new_grant"),
    path("authorizations/<uuid:attempt_id>/keep/", keep_old_grant, name="keep_old_grant"),
    path("callback/google/", google_callback, name="google_callback"),
    path("callback/mismatch/", consent_mismatch, name="consent_mismatch"),
    path("<uuid:connection_id>/", overview, name="connection"),
    path("<uuid:connection_id>/permissions/", permissions, name="connection_permissions"),
    path("<uuid:connection_id>/cards/", cards, name="connection_cards"),
    path("<uuid:connection_id>/service-account/", service_account, name="connection_service_account"),
    path("<uuid:connection_id>/service-account/check/", check_role, name="check_service_account"),
    path("<uuid:connection_id>/usage/", usage, name="connection_usage"),
    path("<uuid:connection_id>/activity/", activity, name="connection_activity"),
    path("<uuid:connection_id>/settings/", settings, name="connection_settings"),
    path("<uuid:connection_id>/reauthorize/", reauthorize, name="reauthorize_connection"),
    path("<uuid:connection_id>/check/", check, name="check_connection"),
    path("<uuid:connection_id>/share/", share, name="share_connection"),
    path("<uuid:connection_id>/owner/", owner, name="change_owner"),
    path("<uuid:connection_id>/pause/", pause, name="pause_connection"),
    path("<uuid:connection_id>/resume/", resume, name="resume_connection"),
    path("<uuid:connection_id>/replace/", replace, name="replace_connection"),
    path("<uuid:connection_id>/delete/", delete, name="delete_connection"),
    path("<uuid:connection_id>/deleted/", deleted, name="deleted_connection"),
]
