"""Cards, flows and runs over HTTP, a module for each."""

from flows.api import cards, flows, hooks, runs  # noqa: F401  (importing adds the routes)
from flows.api.router import router

__all__ = ["router"]
