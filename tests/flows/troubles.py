"""What can happen before and after a call to Google is carried out, by name, for tests that draw any sequence."""

from hypothesis import strategies as st

from connections.errors import RateLimited
from tests.flows.fake_mail import ProcessDied, Trouble, gone, lost

BEFORE = st.sampled_from(["lost", "rate", "refused", "bug", "died", ""])
AFTER = st.sampled_from(["lost", "bug", "died", ""])
TROUBLES: dict[str, Trouble | None] = {
    "lost": lost(),
    "rate": RateLimited(reason="Too many."),
    "refused": gone(),
    "bug": RuntimeError(),
    "died": ProcessDied(),
    "": None,
}
