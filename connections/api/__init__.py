"""Connections over HTTP, a module for each kind of thing one does with them."""

# In this order: what has a name of its own comes before what takes any id.
from connections.api import authorizations, managing, reading, upkeep  # noqa: F401  (importing adds the routes)
from connections.api.router import router

__all__ = ["router"]
