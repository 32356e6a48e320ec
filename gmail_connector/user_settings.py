"""Settings of a mailbox that Gmail reads and replaces in groups: what is wanted is put into what is there."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from connections.errors import ConnectionBlocked
from flows.cards import AnswerLost
from gmail_connector.addresses import is_same
from gmail_connector.client import GmailClient
from gmail_connector.scopes import SETTINGS_BASIC, SETTINGS_SHARING
from gmail_connector.settings_changes import Change, changes, choice_word
from gmail_connector.settings_errors import ForwardingNotAccepted, ForwardingPending
from gmail_connector.user_settings_errors import SettingsInterrupted, SettingsPartlySet
from kernel.errors import ConsoleError, ReauthorizationNeeded, TryLater

Values = Mapping[str, Any]
CHOICES = frozenset({"accessWindow", "disposition", "expungeBehavior"})
"""Settings whose values are words of Gmail's, which cards write their own way."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """``name`` is Gmail's, as in its methods; ``labels`` maps each setting's name there to people's."""

    title: str
    name: str
    scopes: tuple[str, ...]
    labels: Mapping[str, str]


POP = Group(
    title="POP",
    name="Pop",
    scopes=(SETTINGS_BASIC,),
    labels={"accessWindow": "POP: Access Window", "disposition": "POP: Disposition"},
)
IMAP = Group(
    title="IMAP",
    name="Imap",
    scopes=(SETTINGS_BASIC,),
    labels={
        "enabled": "IMAP: Enabled",
        "autoExpunge": "IMAP: Auto Expunge",
        "expungeBehavior": "IMAP: Expunge Behavior",
        "maxFolderSize": "IMAP: Max Folder Size",
    },
)
FORWARDING = Group(
    title="Forwarding",
    name="AutoForwarding",
    scopes=(SETTINGS_SHARING,),
    labels={
        "enabled": "Forwarding: Enabled",
        "emailAddress": "Forwarding: Email Address",
        "disposition": "Forwarding: Disposition",
    },
)
LANGUAGE = Group(
    title="Language",
    name="Language",
    scopes=(SETTINGS_BASIC,),
    labels={"displayLanguage": "Language: Display Language"},
)
SIGNATURE = {"signature": "Signature"}


@dataclass(frozen=True, kw_only=True)
class Done:
    """What came of one group."""

    changes: tuple[Change, ...]
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Write:
    """One group that has been read and isn't as wanted."""

    title: str
    carry_out: Callable[[], Done]


Plan = Callable[[GmailClient], Write | None]
"""Reads a group, and gives what has to be written; None where all is as wanted. It changes nothing."""


def set_all(client: GmailClient, plans: Iterable[Plan]) -> tuple[Done, ...]:
    """Read every group, then write those that aren't as wanted: what can be found out before is found out before.

    :raises SettingsPartlySet: some were set before one was refused. :raises SettingsInterrupted: or failed for now.
    :raises ConsoleError: nothing was changed.
    """
    writes = [write for write in [plan(client) for plan in plans] if write]
    done: list[Done] = []
    for at, write in enumerate(writes):
        try:
            done.append(write.carry_out())
        except (ReauthorizationNeeded, ConnectionBlocked):
            raise  # it is the connection's own, and is stored with it
        except (ConsoleError, AnswerLost) as error:
            if at == 0:
                raise
            raise _partly([each.title for each in writes[:at]], write.title, error) from None
    return tuple(done)


def _partly(applied: list[str], group: str, error: ConsoleError | AnswerLost) -> ConsoleError:
    if isinstance(error, AnswerLost):
        return SettingsInterrupted(applied=applied, group=group, reason=f"{error.reason}.")
    if isinstance(error, TryLater):
        return SettingsInterrupted(applied=applied, group=group, reason=error.cause, retry_at=error.retry_at)
    return SettingsPartlySet(applied=applied, group=group, reason=error.cause, advice=error.remedy)


# ------------------------------------------------------------------ the groups


def plan_group(group: Group, wanted: Values) -> Plan:
    """Gmail replaces the whole group, so what isn't wanted otherwise is written back as it was."""

    def plan(client: GmailClient) -> Write | None:
        before = _read(client, group)
        return None if _is_as_wanted(before, wanted) else _write(client, group, before, {**before, **wanted})

    return plan


def plan_forwarding(wanted: Values) -> Plan:
    """As :func:`plan_group`. ``emailAddress`` is wanted with forwarding on, and only then.

    The plan raises ForwardingPending and ForwardingNotAccepted.
    """

    def plan(client: GmailClient) -> Write | None:
        before = _read(client, FORWARDING)
        target = wanted.get("emailAddress") or ""
        if not target:
            return _write(client, FORWARDING, before, {**before, **wanted}) if before.get("enabled") else None
        stays = bool(before.get("enabled")) and is_same(before.get("emailAddress") or "", target)
        if stays and _is_as_wanted(before, {name: wanted[name] for name in wanted if name != "emailAddress"}):
            return None
        if not stays:
            _require_accepted(client, target)
        kept = before if stays else {"disposition": "leaveInInbox"}
        return _write(client, FORWARDING, before, {**kept, **wanted})

    return plan


def plan_language(tag: str) -> Plan:
    """Gmail takes the nearest of its languages; which one is told."""

    def plan(client: GmailClient) -> Write | None:
        before = _read(client, LANGUAGE)
        if str(before.get("displayLanguage") or "").casefold() == tag.casefold():
            return None
        return _write(client, LANGUAGE, before, {"displayLanguage": tag}, lambda after: _nearest(tag, after))

    return plan


def plan_signature(signature: str) -> Plan:
    """The signature of the primary address, empty for none."""

    def plan(client: GmailClient) -> Write | None:
        send_as = client.users("settings", "sendAs")
        answer = client.call("Reading the signature", send_as.list(userId="me"), needs=(SETTINGS_BASIC,))
        addresses: list[Values] = answer.get("sendAs") or []
        before = next((each for each in addresses if each.get("isPrimary")), {})
        if (before.get("signature") or "") == signature:
            return None
        request = send_as.patch(
            userId="me", sendAsEmail=before.get("sendAsEmail") or client.email, body={"signature": signature}
        )

        def carry_out() -> Done:
            after = client.call("Setting the signature", request, needs=(SETTINGS_BASIC,))
            return Done(changes=changes(SIGNATURE, before, after))

        return Write(title="Signature", carry_out=carry_out)

    return plan


def _read(client: GmailClient, group: Group) -> Values:
    request = getattr(client.users("settings"), f"get{group.name}")(userId="me")
    return client.call(f"Reading the settings of {group.title}", request, needs=(SETTINGS_BASIC,))


def _is_as_wanted(before: Values, wanted: Values) -> bool:
    """Gmail leaves out what is false or zero."""
    return all((before.get(name) or None) == (value or None) for name, value in wanted.items())


def _write(
    client: GmailClient,
    group: Group,
    before: Values,
    body: Values,
    note: Callable[[Values], str] = lambda _after: "",
) -> Write:
    def carry_out() -> Done:
        request = getattr(client.users("settings"), f"update{group.name}")(userId="me", body=dict(body))
        after = client.call(f"Setting {group.title}", request, needs=group.scopes)
        return Done(changes=changes(group.labels, _in_words(before), _in_words(after)), note=note(after))

    return Write(title=group.title, carry_out=carry_out)


def _in_words(values: Values) -> dict[str, Any]:
    return {name: choice_word(value) if name in CHOICES else value for name, value in values.items()}


def _nearest(tag: str, after: Values) -> str:
    taken = str(after.get("displayLanguage") or "")
    return "" if taken.casefold() == tag.casefold() else f"Gmail has no display language {tag}: it took {taken}."


def _require_accepted(client: GmailClient, target: str) -> None:
    request = client.users("settings", "forwardingAddresses").list(userId="me")
    answer = client.call("Listing the forwarding addresses", request, needs=(SETTINGS_BASIC,))
    listed = answer.get("forwardingAddresses") or []
    known = next((each for each in listed if is_same(each.get("forwardingEmail") or "", target)), None)
    if known is None:
        raise ForwardingNotAccepted(what=f"Forwarding to {target}", email=client.email)
    if known.get("verificationStatus") != "accepted":
        raise ForwardingPending(address=target, email=client.email)
