"""Update User Gmail Settings: POP, IMAP, forwarding, signature and language of a mailbox, as far as asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from connections.requirements import Requirements, ServiceAccountUser
from flows.cards import Card, Effect, Fields, Noted, field
from gmail_connector.addresses import bare_address, is_same
from gmail_connector.client import GmailClient
from gmail_connector.scopes import CLOUD_PLATFORM, SETTINGS_BASIC, SETTINGS_SHARING
from gmail_connector.service_account import ServiceAccountInputs, ServiceAccountOptions
from gmail_connector.settings_changes import Change, Disposition, gmail_word
from gmail_connector.user_settings import (
    IMAP,
    POP,
    Plan,
    plan_forwarding,
    plan_group,
    plan_language,
    plan_signature,
    set_all,
)
from kernel.errors import InputRejected

FOLDER_SIZES = (0, 1000, 2000, 5000, 10_000)
"""Those that Gmail has."""


class AccessWindow(StrEnum):
    DISABLED = "disabled"
    FROM_NOW_ON = "from_now_on"
    ALL_MAIL = "all_mail"


class ExpungeBehavior(StrEnum):
    ARCHIVE = "archive"
    TRASH = "trash"
    DELETE_FOREVER = "delete_forever"


class Options(ServiceAccountOptions):
    pass


class PopInputs(Fields):
    access_window: AccessWindow | None = field("Access Window", help="Which mail POP sees.", default=None)
    disposition: Disposition | None = field(
        "Disposition", help="What becomes of a message once it was fetched.", default=None
    )


class ImapInputs(Fields):
    enabled: bool | None = field("Enabled", default=None)
    auto_expunge: bool | None = field(
        "Auto Expunge", help="Whether a message marked as deleted is removed at once.", default=None
    )
    expunge_behavior: ExpungeBehavior | None = field(
        "Expunge Behavior", help="What becomes of a message removed from its last folder.", default=None
    )
    max_folder_size: int | None = field(
        "Max Folder Size", help="Messages that a folder shows: 1000, 2000, 5000, 10000, or 0 for all.", default=None
    )


class ForwardingInputs(Fields):
    enabled: bool | None = field("Enabled", default=None)
    email_address: str | None = field(
        "Email Address", help="An address that was accepted as a forwarding address of the mailbox.", default=None
    )
    disposition: Disposition | None = field(
        "Disposition", help="What becomes of a message here once it was forwarded.", default=None
    )


class SignatureInputs(Fields):
    delete: bool | None = field("Delete", help="Yes takes the signature away.", default=None)
    signature: str = field("Signature", help="In HTML. It is that of the primary address.", multiline=True, default="")


class LanguageInputs(Fields):
    display_language: str = field("Display Language", help="Such as de, en-GB or pt-BR.", default="")


class Inputs(ServiceAccountInputs):
    user_email: str = field("User: Email", help="The mailbox whose settings change.")
    pop: PopInputs | None = field("POP", help="What is left empty stays as it is.", default=None)
    imap: ImapInputs | None = field("IMAP", help="What is left empty stays as it is.", default=None)
    forwarding: ForwardingInputs | None = field("Forwarding", default=None)
    signature: SignatureInputs | None = field("Signature", default=None)
    language: LanguageInputs | None = field("Language", default=None)


class Outputs(Fields):
    status_code: int = field("Status Code")
    changes: tuple[Change, ...] = field("Changes", help="What was changed, and how it was before.")


def run(client: GmailClient, _options: Options, inputs: Inputs) -> Outputs | Noted[Outputs]:
    """:raises InputRejected: nothing is to be set, or it contradicts itself.

    :raises SettingsPartlySet: some groups were set before one was refused. :raises SettingsInterrupted: or failed
        for now. :raises ConsoleError: Gmail refused, and nothing was changed.
    """
    plans = _plans(client, inputs)
    done = set_all(client, plans)
    changes = tuple(change for each in done for change in each.changes)
    notes = [each.note for each in done if each.note] if done else ["All of it was set like this already."]
    outputs = Outputs(status_code=HTTPStatus.OK, changes=changes)
    return Noted(outputs=outputs, note=" ".join(notes)) if notes else outputs


def needs_of(_options: Options, inputs: Inputs) -> Requirements:
    """Google opens forwarding with the scope for sharing only, and all else with the basic one."""
    if not _is_used(inputs.forwarding):
        return NEEDS
    return replace(NEEDS, role=replace(ROLE, delegated_scopes=(SETTINGS_BASIC, SETTINGS_SHARING)))


def _is_used(group: Fields | None) -> bool:
    """Whether anything is given in it: nothing, and a text left empty, is none."""
    return group is not None and any(value not in {None, ""} for value in vars(group).values())


def _plans(client: GmailClient, inputs: Inputs) -> list[Plan]:
    """What is asked for, in the order of the groups. :raises InputRejected: with every field that is wrong."""
    errors: dict[str, list[str]] = {**_wrong_imap(inputs.imap), **_wrong_signature(inputs.signature)}
    errors |= _wrong_forwarding(inputs.forwarding)
    plans = list(_asked(client, inputs)) if not errors else []
    if not errors and not plans:
        errors["pop"] = ["Fill in at least one setting, of this group or another one."]
    if errors:
        raise InputRejected(fields=errors)
    return plans


def _asked(client: GmailClient, inputs: Inputs) -> Iterator[Plan]:
    if inputs.pop and _is_used(inputs.pop):
        pop = inputs.pop
        yield plan_group(POP, _given(accessWindow=pop.access_window, disposition=pop.disposition))
    if inputs.imap and _is_used(inputs.imap):
        imap = inputs.imap
        wanted = _given(
            enabled=imap.enabled,
            autoExpunge=imap.auto_expunge,
            expungeBehavior=imap.expunge_behavior,
            maxFolderSize=imap.max_folder_size,
        )
        yield plan_group(IMAP, wanted)
    if inputs.forwarding and _is_used(inputs.forwarding):
        yield plan_forwarding(_forwarding(client, inputs.forwarding))
    if inputs.signature and _is_used(inputs.signature):
        yield plan_signature(inputs.signature.signature)
    if inputs.language and _is_used(inputs.language):
        yield plan_language(inputs.language.display_language.strip())


def _given(**values: Any) -> Mapping[str, Any]:
    """What isn't left out, choices as Gmail writes them."""
    return {
        name: gmail_word(value) if isinstance(value, StrEnum) else value
        for name, value in values.items()
        if value is not None
    }


def _forwarding(client: GmailClient, given: ForwardingInputs) -> Mapping[str, Any]:
    """:raises InputRejected: the target is no address, or the mailbox itself."""
    if not given.enabled:
        return {"enabled": False}
    target = bare_address("forwarding.email_address", given.email_address or "")
    if is_same(target, client.email):
        raise InputRejected(fields={"forwarding.email_address": ["A mailbox can't forward to itself."]})
    return _given(enabled=True, emailAddress=target, disposition=given.disposition)


def _wrong_imap(given: ImapInputs | None) -> dict[str, list[str]]:
    size = given.max_folder_size if given else None
    if size is None or size in FOLDER_SIZES:
        return {}
    return {"imap.max_folder_size": [f"Enter one of: {', '.join(map(str, FOLDER_SIZES))}."]}


def _wrong_signature(given: SignatureInputs | None) -> dict[str, list[str]]:
    if given is None or not _is_used(given):
        return {}
    if given.delete and given.signature:
        return {"signature.signature": ["Leave this out to delete the signature, or choose No for Delete."]}
    if not given.delete and not given.signature:
        return {"signature.signature": ["Enter the signature, or choose Yes for Delete."]}
    return {}


def _wrong_forwarding(given: ForwardingInputs | None) -> dict[str, list[str]]:
    if given is None or not _is_used(given):
        return {}
    beside = [name for name in ("email_address", "disposition") if getattr(given, name)]
    if given.enabled is None:
        return {"forwarding.enabled": ["Choose whether forwarding is on."]}
    if given.enabled and not given.email_address:
        return {"forwarding.email_address": ["Enter the address that the mail is forwarded to."]}
    if not given.enabled:
        return {f"forwarding.{name}": ["Leave this out: it counts only while forwarding is on."] for name in beside}
    return {}


ROLE = ServiceAccountUser(service_account="service_account", mailbox="user_email", delegated_scopes=(SETTINGS_BASIC,))
NEEDS = Requirements(scopes=((CLOUD_PLATFORM,),), role=ROLE)

card = Card(
    key="gmail.update_user_gmail_settings",
    title="Update User Gmail Settings",
    summary="Change POP, IMAP, forwarding, the signature or the language of a mailbox. What is left empty stays.",
    effect=Effect.SET_STATE,
    quota_units=500,
    needs=NEEDS,
    needs_of=needs_of,
    options=Options,
    inputs=Inputs,
    outputs=Outputs,
    run=run,
    notes=(
        "Domain-wide delegation must list gmail.settings.basic, and for forwarding gmail.settings.sharing too. All "
        "settings are read before the first is written; where a later one fails all the same, the error names those "
        "that had been set. Forward Emails adds a forwarding address; this card turns forwarding on to one that was "
        "accepted, or off."
    ),
)
