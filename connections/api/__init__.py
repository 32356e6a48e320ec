"""Connections over HTTP, a module for each kind of thing one does with them."""

from ninja import Router

from connections.api import authorizations, reading

router = Router()
# In this order: what has a name of its own comes before what takes any id.
for part in (authorizations, reading):
    router.add_router("", part.router)
