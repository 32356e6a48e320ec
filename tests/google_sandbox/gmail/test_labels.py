"""users.labels: those every mailbox has and those people make; users.settings.sendAs (read)."""

import pytest

from tests.google_sandbox.calling import ADA, NOT_FOUND, Caller, refusal

SYSTEM = {
    "CHAT", "SENT", "INBOX", "IMPORTANT", "TRASH", "DRAFT", "SPAM", "STARRED", "UNREAD", "CATEGORY_FORUMS",
    "CATEGORY_UPDATES", "CATEGORY_PERSONAL", "CATEGORY_PROMOTIONS", "CATEGORY_SOCIAL",
}  # fmt: skip


def test_list_has_system_labels_and_own_ones_without_counts(ada: Caller) -> None:
    labels = ada.get("labels")["labels"]
    assert {label["id"] for label in labels if label["type"] == "system"} == SYSTEM
    own = [label for label in labels if label["type"] == "user"]
    assert "Invoices" in {label["name"] for label in own}
    assert all(label["id"].startswith("Label_") for label in own)
    assert not any("messagesTotal" in label for label in labels)


def test_label_counts_messages_and_threads(ada: Caller) -> None:
    before = ada.get("labels/SENT")
    ada.send_mail()
    after = ada.get("labels/SENT")
    assert after["messagesTotal"] == before["messagesTotal"] + 1
    assert after["threadsTotal"] == before["threadsTotal"] + 1
    unread = ada.get("labels/INBOX")
    assert unread["messagesUnread"] == len(ada.find("in:inbox is:unread", maxResults=500))


def test_label_is_made_used_renamed_and_deleted(ada: Caller) -> None:
    made = ada.post("labels", {"name": "Payroll/2026"})
    assert made == {
        "id": made["id"],
        "name": "Payroll/2026",
        "messageListVisibility": "show",
        "labelListVisibility": "labelShow",
        "type": "user",
    }
    sent = ada.send_mail()
    ada.post(f"messages/{sent['id']}/modify", {"addLabelIds": [made["id"]]})
    for query in ("label:payroll-2026", 'label:"Payroll/2026"', "label:PAYROLL-2026"):
        assert [each["id"] for each in ada.find(query)] == [sent["id"]]
    renamed = ada.send("PATCH", f"labels/{made['id']}", json={"name": "Pay"}).json()
    assert (renamed["id"], renamed["name"]) == (made["id"], "Pay")
    assert ada.send("DELETE", f"labels/{made['id']}").status_code == 204
    assert ada.send("GET", f"labels/{made['id']}").json() == NOT_FOUND
    assert ada.labels_of(sent["id"]) == {"SENT"}


@pytest.mark.parametrize("name", ["", "  ", "INBOX", "inbox", "Drafts", "x" * 226])
def test_name_that_no_label_may_have(ada: Caller, name: str) -> None:
    answer = ada.send("POST", "labels", json={"name": name})
    wrong = refusal(400, "Invalid label name", "invalidArgument", "INVALID_ARGUMENT")
    assert (answer.status_code, answer.json()) == (400, wrong)


def test_name_is_taken_once_whatever_its_case(ada: Caller) -> None:
    answer = ada.send("POST", "labels", json={"name": "invoices"})
    taken = refusal(409, "Label name exists or conflicts", "aborted", "ABORTED")
    assert (answer.status_code, answer.json()) == (409, taken)


def test_system_labels_stay(ada: Caller) -> None:
    assert ada.send("DELETE", "labels/INBOX").status_code == 400
    assert ada.send("PATCH", "labels/INBOX", json={"name": "Other"}).status_code == 400


def test_labels_belong_to_one_mailbox(ada: Caller, ben: Caller) -> None:
    made = ada.post("labels", {"name": "Mine alone"})
    assert "Mine alone" not in {label["name"] for label in ben.get("labels")["labels"]}
    assert ben.send("GET", f"labels/{made['id']}").status_code == 404


def test_addresses_a_mailbox_may_send_as(ada: Caller) -> None:
    found = ada.get("settings/sendAs")["sendAs"]
    assert found[0] == {
        "sendAsEmail": ADA,
        "displayName": "Ada Lindqvist",
        "replyToAddress": "",
        "signature": "",
        "isPrimary": True,
        "isDefault": True,
    }
    statuses = {each["sendAsEmail"]: each["verificationStatus"] for each in found[1:]}
    assert statuses == {
        "ada.lindqvist@acme.example": "accepted",
        "it@acme.example": "accepted",
        "press@acme.example": "pending",
    }
    assert not any("isPrimary" in each for each in found[1:])
    assert ada.get("settings/sendAs/IT@acme.example") == found[2]
    assert ada.send("GET", "settings/sendAs/nobody@acme.example").json() == NOT_FOUND
