"""The one router that every part of the API adds to: two routers can't share an address for different methods."""

from ninja import Router

router = Router(tags=["Connections"])
