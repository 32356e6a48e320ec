"""Testing one card, and runs."""

from django.urls import path

from flows.pages.run import resume_run, run
from flows.pages.test_card import card_choices, test_card

urlpatterns = [
    path("cards/<str:card_key>/test/", test_card, name="test_card"),
    path("cards/<str:card_key>/choices/", card_choices, name="card_choices"),
    path("runs/<uuid:run_id>/", run, name="run"),
    path("runs/<uuid:run_id>/resume/", resume_run, name="resume_run"),
]
