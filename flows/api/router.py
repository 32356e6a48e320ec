"""The one router that every part of the API adds to."""

from ninja import Router

router = Router(tags=["Flows, cards and runs"])
