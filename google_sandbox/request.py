"""The request a handler gets, and the sandbox it belongs to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from google_sandbox.clock import Clock
from google_sandbox.store import Store

if TYPE_CHECKING:
    from google_sandbox.journal import Journal
    from google_sandbox.oauth.signing import SigningKey
    from google_sandbox.scenarios import Scenarios


@dataclass(frozen=True, kw_only=True)
class Sandbox:
    """Everything a handler may reach for. `origin` is the public address, also the issuer."""

    origin: str
    store: Store
    clock: Clock
    scenarios: "Scenarios"
    journal: "Journal"
    signing_key: "SigningKey"
    stylesheets: str

    def reset(self) -> None:
        """The seeded world again: no grants, no scenarios, no journal, real time. The signing key stays."""
        self.store.reset()
        self.clock.offset = 0.0


class SandboxRequest(Request):
    """A request that knows its sandbox. Uploads of 40 MB are taken whole; Google's own limit is the handler's."""

    sandbox: Sandbox
    max_content_length = 48 * 1024 * 1024
    max_form_memory_size = 1024 * 1024


Handler = Callable[..., Response]
