"""The choices of an option that Google knows: projects, service accounts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connections.models import Connection
from kernel.errors import ConsoleError


@dataclass(frozen=True, kw_only=True)
class Choice:
    """``label`` is what a person reads, ``value`` what the option takes."""

    label: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Choices:
    """``is_cut`` says that there are more. ``finding`` is why they couldn't be listed, or not all of them."""

    items: tuple[Choice, ...]
    is_cut: bool = False
    finding: ConsoleError | None = None


ChoiceSource = Callable[[Connection, Mapping[str, Any]], Choices]
"""Asks Google, with what is chosen in the card's other options so far. It raises nothing: see ``finding``."""
