"""Lists of Gmail with nothing in them, and with something (row 49)."""

import pytest

from tests.google_sandbox.calling import Caller, client, encoded, letter
from tests.google_sandbox.fidelity import rows

NOTHING = "subject:nothinghasthissubject"


@rows.row(49)
@pytest.mark.parametrize("kind", ["messages", "threads", "drafts"])
def test_empty_list_leaves_its_field_out(ada: Caller, kind: str) -> None:
    assert ada.get(kind, q=NOTHING) == {"resultSizeEstimate": 0}


@rows.row(49)
def test_client_library_sees_an_empty_list(ada: Caller) -> None:
    messages = client(ada).users().messages()
    request = messages.list(userId="me", q=NOTHING)
    answer = request.execute()
    assert answer == {"resultSizeEstimate": 0}
    assert messages.list_next(request, answer) is None


@rows.row(49)
def test_list_gives_ids_only(ada: Caller) -> None:
    sent = ada.send_mail(subject="Nothinghasthissubject")
    listed = ada.get("messages", q=NOTHING)
    assert listed == {"messages": [{"id": sent["id"], "threadId": sent["threadId"]}], "resultSizeEstimate": 1}


@rows.row(49)
def test_history_of_a_mailbox_in_which_nothing_happened(ada: Caller) -> None:
    start = ada.get("profile")["historyId"]
    assert ada.get("history", startHistoryId=start) == {"historyId": start}


@rows.row(49)
def test_list_of_drafts_before_and_after_the_first(ada: Caller) -> None:
    assert ada.get("drafts") == {"resultSizeEstimate": 0}
    draft = ada.post("drafts", {"message": {"raw": encoded(letter())}})
    message = {"id": draft["message"]["id"], "threadId": draft["message"]["threadId"]}
    assert ada.get("drafts") == {"drafts": [{"id": draft["id"], "message": message}], "resultSizeEstimate": 1}
