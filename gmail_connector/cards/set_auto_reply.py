"""Set Auto Reply: a mailbox answers by itself, from a time on or until one, with these words."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

from connections.requirements import Requirements, ServiceAccountUser
from flows.cards import SPEC, Card, Effect, Fields, Noted, field
from flows.derive.plain_values import plain_values
from gmail_connector.client import GmailClient
from gmail_connector.scopes import CLOUD_PLATFORM, SETTINGS_BASIC
from gmail_connector.service_account import ServiceAccountInputs, ServiceAccountOptions
from gmail_connector.settings_changes import Change, changes
from kernel.errors import InputRejected

NEEDS = (SETTINGS_BASIC,)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


class Options(ServiceAccountOptions):
    pass


class Inputs(ServiceAccountInputs):
    auto_reply_email: str = field("Auto Reply: Email", help="The mailbox that answers by itself.")
    restrict_to_domain: bool = field(
        "Restrict to Domain", help="Answer only people of the same organization.", default=False
    )
    restrict_to_contacts: bool = field(
        "Restrict to Contacts", help="Answer only people in the mailbox's contacts.", default=False
    )
    start_time: datetime | None = field("Start Time", help="Empty means at once.", default=None)
    end_time: datetime | None = field("End Time", help="Empty means until it is turned off.", default=None)
    response_subject: str = field("Response Subject", help="Stands before the subject of the answered message.")
    response_body_plain_text: str = field("Response Body Plain Text", multiline=True, default="")
    response_body_html: str = field(
        "Response Body HTML", help="Where it is given, the plain text isn't used.", multiline=True, default=""
    )


class AutoReply(Fields):
    enable_auto_reply: bool = field("Enable Auto Reply")
    restrict_to_domain: bool = field("Restrict to Domain")
    restrict_to_contacts: bool = field("Restrict to Contacts")
    start_time: datetime | None = field("Start Time")
    end_time: datetime | None = field("End Time")
    response_subject: str = field("Response Subject")
    response_body_plain_text: str = field("Response Body Plain Text", multiline=True)
    response_body_html: str = field("Response Body HTML", multiline=True)


class Outputs(AutoReply):
    changes: tuple[Change, ...] = field("Changes", help="What was changed, and how it was before.")


def run(client: GmailClient, _options: Options, inputs: Inputs) -> Outputs | Noted[Outputs]:
    """:raises InputRejected: it would end before it starts. :raises ConsoleError: Google refused."""
    wanted = _wanted(inputs)
    vacation = client.users("settings")
    before = _auto_reply(client.call("Reading the auto reply", vacation.getVacation(userId="me"), needs=NEEDS))
    if before == wanted:
        return Noted(outputs=_outputs(before, before), note="The auto reply was set like this already.")
    request = vacation.updateVacation(userId="me", body=_body(wanted))
    return _outputs(before, _auto_reply(client.call("Setting the auto reply", request, needs=NEEDS)))


def _wanted(inputs: Inputs) -> AutoReply:
    """What shall be so. Google stores milliseconds, and of two bodies takes HTML."""
    start, end = _milliseconds(inputs.start_time), _milliseconds(inputs.end_time)
    if start is not None and end is not None and start >= end:
        text = "Start Time must be before End Time."
        raise InputRejected(fields={"start_time": [text], "end_time": [text]})
    return AutoReply(
        enable_auto_reply=True,
        restrict_to_domain=inputs.restrict_to_domain,
        restrict_to_contacts=inputs.restrict_to_contacts,
        start_time=_time(start),
        end_time=_time(end),
        response_subject=inputs.response_subject,
        response_body_plain_text="" if inputs.response_body_html else inputs.response_body_plain_text,
        response_body_html=inputs.response_body_html,
    )


def _auto_reply(answer: Mapping[str, Any]) -> AutoReply:
    """As Google gives it: what is off or empty may be left out, times are texts."""
    return AutoReply(
        enable_auto_reply=bool(answer.get("enableAutoReply")),
        restrict_to_domain=bool(answer.get("restrictToDomain")),
        restrict_to_contacts=bool(answer.get("restrictToContacts")),
        start_time=_time(answer.get("startTime")),
        end_time=_time(answer.get("endTime")),
        response_subject=answer.get("responseSubject") or "",
        response_body_plain_text=answer.get("responseBodyPlainText") or "",
        response_body_html=answer.get("responseBodyHtml") or "",
    )


def _body(wanted: AutoReply) -> dict[str, Any]:
    """All of it, since Google replaces all: a time that is left out is none."""
    times = {"startTime": _milliseconds(wanted.start_time), "endTime": _milliseconds(wanted.end_time)}
    return {
        "enableAutoReply": wanted.enable_auto_reply,
        "restrictToDomain": wanted.restrict_to_domain,
        "restrictToContacts": wanted.restrict_to_contacts,
        "responseSubject": wanted.response_subject,
        "responseBodyPlainText": wanted.response_body_plain_text,
        "responseBodyHtml": wanted.response_body_html,
        **{name: str(value) for name, value in times.items() if value is not None},
    }


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - EPOCH) // MILLISECOND


def _time(milliseconds: int | str | None) -> datetime | None:
    return None if milliseconds is None else EPOCH + int(milliseconds) * MILLISECOND


def _outputs(before: AutoReply, after: AutoReply) -> Outputs:
    labels = {each.name: each.metadata[SPEC].label for each in fields(AutoReply)}
    changed = changes(labels, plain_values(before), plain_values(after))
    return Outputs(**{name: getattr(after, name) for name in labels}, changes=changed)


card = Card(
    key="gmail.set_auto_reply",
    title="Set Auto Reply",
    summary="Let a mailbox answer by itself, with these words, from a time on or until one.",
    effect=Effect.SET_STATE,
    quota_units=101,
    needs=Requirements(
        scopes=((CLOUD_PLATFORM,),),
        role=ServiceAccountUser(
            service_account="service_account", mailbox="auto_reply_email", delegated_scopes=(SETTINGS_BASIC,)
        ),
    ),
    options=Options,
    inputs=Inputs,
    outputs=Outputs,
    run=run,
    notes=(
        "It replaces the whole auto reply: a time that is left empty is none. With an End Time it ends by itself. "
        "Gmail cleans HTML before it keeps it, so the same HTML may be set again and show no change."
    ),
)
