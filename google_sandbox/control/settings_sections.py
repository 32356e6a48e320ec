"""The parts of an account's page about its Gmail settings, each from what Gmail would answer."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from google_sandbox.control.parts import NOTE, TITLE, button, facts, section, table
from google_sandbox.gmail.vacation_reply import is_on

MAILBOX = Markup('<a class="breakable" href="/_sandbox/accounts/{0}/#messages">{0}</a>')
STATUS = {"accepted": "Accepted", "pending": "Waiting for its owner"}
DISPOSITIONS = {
    "leaveInInbox": "stays in the inbox",
    "archive": "is archived",
    "trash": "goes to the trash",
    "markRead": "stays in the inbox, read",
}
POP = {"disabled": "Off", "fromNowOn": "For mail from when it was switched on", "allMail": "For all mail"}
EXPUNGED = {"archive": "archived", "trash": "moved to the trash", "deleteForever": "deleted for good"}


def settings(email: str, found: Mapping[str, Any], at: float) -> list[Markup]:
    """All parts about settings, for a mailbox's page."""
    return [
        section("settings", "Gmail settings", facts(_facts(found, at))),
        _forwarding_addresses(email, found["forwardingAddresses"]),
        _send_as(email, found["sendAs"]),
        _delegates(found["delegates"]),
        _delegated(found["delegatedMailboxes"]),
    ]


def _facts(found: Mapping[str, Any], at: float) -> Iterator[tuple[str, str]]:
    yield "Forwarding", _forwarding(found["autoForwarding"])
    yield from _vacation(found["vacation"], at)
    yield "IMAP", _imap(found["imap"])
    pop = found["pop"]
    kept = f"; fetched mail {DISPOSITIONS[pop['disposition']]}" if pop["accessWindow"] != "disabled" else ""
    yield "POP", POP[pop["accessWindow"]] + kept
    yield "Language", found["language"]["displayLanguage"]
    watch = found["watch"]
    if watch is not None:
        yield "Watch", f"Changes are told to {watch['topicName']} until {_moment(watch['expiration'])}"


def _forwarding(setting: Mapping[str, Any]) -> str:
    if not setting["enabled"]:
        return "Off"
    return f"To {setting['emailAddress']}; the original {DISPOSITIONS[setting['disposition']]}"


def _vacation(setting: Mapping[str, Any], at: float) -> Iterator[tuple[str, str]]:
    if not setting.get("enableAutoReply"):
        yield "Vacation responder", "Off"
        return
    yield "Vacation responder", "On" if is_on(setting, at) else "On, but not at this time"
    if "startTime" in setting:
        yield "Answers from", _moment(setting["startTime"])
    if "endTime" in setting:
        yield "Answers until", _moment(setting["endTime"])
    yield "Answers only", _restriction(setting)
    yield "Subject begins", setting.get("responseSubject", "")
    yield "Text", setting.get("responseBodyHtml") or setting.get("responseBodyPlainText", "")


def _restriction(setting: Mapping[str, Any]) -> str:
    domain = "people of the own organization" if setting.get("restrictToDomain") else ""
    contacts = "this mailbox has written to" if setting.get("restrictToContacts") else ""
    return f"{domain or 'people'} {contacts}".strip() if domain or contacts else ""


def _imap(setting: Mapping[str, Any]) -> str:
    if not setting["enabled"]:
        return "Off"
    size = setting["maxFolderSize"]
    limit = f"; folders hold {size:,} messages at most" if size else ""
    when = "at once" if setting["autoExpunge"] else "when the mail app says so"
    return f"On; deleted mail is {EXPUNGED[setting['expungeBehavior']]} {when}{limit}"


def _forwarding_addresses(email: str, found: Sequence[Mapping[str, Any]]) -> Markup:
    rows = [
        (
            each["forwardingEmail"],
            STATUS[each["verificationStatus"]],
            _answers(email, "forwarding", each["forwardingEmail"], each["verificationStatus"]),
        )
        for each in found
    ]
    return _listed("forwarding", "Forwarding addresses", ("Address", "Status", ""), rows)


def _send_as(email: str, found: Sequence[Mapping[str, Any]]) -> Markup:
    rows = [
        (
            TITLE.format(each["sendAsEmail"], each["displayName"]),
            STATUS[each.get("verificationStatus", "accepted")],
            _sent_by(each),
            _answers(email, "send-as", each["sendAsEmail"], each.get("verificationStatus", "accepted")),
        )
        for each in found
    ]
    return _listed("send-as", "Send mail as", ("Address", "Status", "Sent", ""), rows)


def _sent_by(address: Mapping[str, Any]) -> str:
    server = address.get("smtpMsa")
    way = f"by {server['host']}, port {server['port']}" if server else "by Gmail"
    return f"{way}, by default" if address.get("isDefault") else way


def _delegates(found: Iterable[Mapping[str, Any]]) -> Markup:
    rows = [(each["delegateEmail"], STATUS.get(each["verificationStatus"], "No more")) for each in found]
    return _listed("delegates", "Delegates", ("Address", "Status"), rows)


def _delegated(found: Iterable[str]) -> Markup:
    note = NOTE.format("Mailboxes of others that this person opens in Gmail. No API opens them.")
    rows = [(MAILBOX.format(each),) for each in found]
    return _listed("delegated", "Mailboxes delegated to this account", ("Mailbox",), rows, note if rows else "")


def _answers(email: str, kind: str, address: str, status: str) -> Markup:
    """What the owner of an address can say, while it waits for that."""
    if status != "pending":
        return Markup("")
    action = f"/_sandbox/accounts/{email}/{kind}"
    return Markup('<div class="row">{}{}</div>').format(
        button(action, "Accept", label=f"Accept for {address}", address=address, answer="accept"),
        button(action, "Reject", label=f"Reject for {address}", address=address, answer="reject"),
    )


def _listed(
    key: str, title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], note: Markup | str = ""
) -> Markup:
    return section(key, title, table(title, heads, rows, "None."), note=note)


def _moment(milliseconds: str) -> str:
    moment = datetime.fromtimestamp(int(milliseconds) / 1000, tz=UTC)
    return f"{moment:%B} {moment.day}, {moment:%Y, %H:%M} UTC"
