"""Addresses under /connections/."""

from django.urls import path

from connections.pages.activity import activity
from connections.pages.authorization import authorization, consent_mismatch
from connections.pages.callback import google_callback
from connections.pages.cards import cards
from connections.pages.choose_connector import choose_connector
from connections.pages.list import connection_list
from connections.pages.new_connection import new_connection
from connections.pages.overview import overview
from connections.pages.permissions import permissions

urlpatterns = [
    path("", connection_list, name="connections"),
    path("new/", choose_connector, name="choose_connector"),
    path("new/<slug:connector>/", new_connection, name="new_connection"),
    path("authorizations/<uuid:attempt_id>/", authorization, name="authorization"),
    path("callback/google/", google_callback, name="google_callback"),
    path("callback/mismatch/", consent_mismatch, name="consent_mismatch"),
    path("<uuid:connection_id>/", overview, name="connection"),
    path("<uuid:connection_id>/permissions/", permissions, name="connection_permissions"),
    path("<uuid:connection_id>/cards/", cards, name="connection_cards"),
    path("<uuid:connection_id>/activity/", activity, name="connection_activity"),
]
