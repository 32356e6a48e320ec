"""What was asked of Gmail, and the parts of its refusal that tell refusals apart."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was asked of Gmail. ``field`` is the input that named a message; any of ``needs`` would have done.

    ``about`` is the address that a setting is about. ``service_account`` acts on the mailbox of ``email``; it is
    empty where the connection's own account asked.
    """

    what: str
    email: str
    needs: tuple[str, ...]
    requested: frozenset[str]
    granted: frozenset[str]
    is_write: bool
    field: str = ""
    method: str = ""
    about: str = ""
    service_account: str = ""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """The parts of Google's error envelope that tell errors apart (google-facts.md 5)."""

    message: str = ""
    domain: str = ""
    reason: str = ""
    rpc_status: str = ""
    detail: str = ""

    @property
    def is_precondition(self) -> bool:
        return self.reason == "failedPrecondition" or self.rpc_status == "FAILED_PRECONDITION"
