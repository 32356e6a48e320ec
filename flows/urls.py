"""Flows, testing one card, and runs."""

from django.urls import path

from flows.pages.builder import builder
from flows.pages.builder_changes import add_to_flow, change_card, choose_connection, flow_card, undo
from flows.pages.flow_endpoint import flow_endpoint
from flows.pages.flow_forms import delete, duplicate, export, import_page, new_flow, rename
from flows.pages.flow_run import cancel, release, resume_from_card, run_export
from flows.pages.flow_run_form import flow_run
from flows.pages.flow_switches import save, switch
from flows.pages.flow_test_card import test_flow_card
from flows.pages.flows import flow_list
from flows.pages.history import export_history, follow_history, history
from flows.pages.run import resume_run, run
from flows.pages.test_card import card_choices, test_card

urlpatterns = [
    path("flows/", flow_list, name="flows"),
    path("flows/new/", new_flow, name="new_flow"),
    path("flows/import/", import_page, name="import_flow"),
    path("flows/<uuid:flow_id>/", builder, name="flow"),
    path("flows/<uuid:flow_id>/add/", add_to_flow, name="add_to_flow"),
    path("flows/<uuid:flow_id>/undo/", undo, name="undo_flow"),
    path("flows/<uuid:flow_id>/save/", save, name="save_flow"),
    path("flows/<uuid:flow_id>/switch/", switch, name="switch_flow"),
    path("flows/<uuid:flow_id>/run/", flow_run, name="flow_run"),
    path("flows/<uuid:flow_id>/rename/", rename, name="rename_flow"),
    path("flows/<uuid:flow_id>/duplicate/", duplicate, name="duplicate_flow"),
    path("flows/<uuid:flow_id>/export/", export, name="export_flow"),
    path("flows/<uuid:flow_id>/delete/", delete, name="delete_flow"),
    path("flows/<uuid:flow_id>/endpoint/", flow_endpoint, name="flow_endpoint"),
    path("flows/<uuid:flow_id>/cards/<str:card_id>/", flow_card, name="flow_card"),
    path("flows/<uuid:flow_id>/cards/<str:card_id>/change/", change_card, name="change_flow_card"),
    path("flows/<uuid:flow_id>/cards/<str:card_id>/connection/", choose_connection, name="choose_flow_connection"),
    path("flows/<uuid:flow_id>/cards/<str:card_id>/test/", test_flow_card, name="test_flow_card"),
    path("cards/<str:card_key>/test/", test_card, name="test_card"),
    path("cards/<str:card_key>/choices/", card_choices, name="card_choices"),
    path("runs/<uuid:run_id>/", run, name="run"),
    path("runs/<uuid:run_id>/resume/", resume_run, name="resume_run"),
    path("runs/<uuid:run_id>/resume-from-card/", resume_from_card, name="resume_from_card"),
    path("runs/<uuid:run_id>/release/", release, name="release_run"),
    path("runs/<uuid:run_id>/cancel/", cancel, name="cancel_run"),
    path("runs/<uuid:run_id>/export/", run_export, name="export_run"),
    path("history/", history, name="history"),
    path("history/follow/", follow_history, name="follow_history"),
    path("history/export/", export_history, name="export_history"),
]
