"""Add Send-As Alias: a mailbox may send from a further address, of its own domain or through another mail server."""

from enum import StrEnum
from typing import Any

from connections.requirements import Requirements, ServiceAccountUser
from flows.cards import Card, Effect, Fields, Noted, field
from gmail_connector.addresses import bare_address
from gmail_connector.client import GmailClient
from gmail_connector.scopes import CLOUD_PLATFORM, SETTINGS_BASIC, SETTINGS_SHARING
from gmail_connector.send_as import SendAs, find_send_as
from gmail_connector.service_account import ServiceAccountInputs, ServiceAccountOptions
from gmail_connector.settings_changes import Change, changes
from gmail_connector.settings_errors import AlreadyThere, PrimaryAddress
from kernel.errors import InputRejected

SSL_PORT, UNSECURED_PORT = 465, 25
LABELS = {
    "sendAsEmail": "Send As Email",
    "displayName": "Display Name",
    "replyToAddress": "Reply To Address",
    "signature": "Signature",
    "treatAsAlias": "Treat as Alias",
    "host": "SMTP Host",
    "port": "Port",
    "securityMode": "Security Mode",
}
SERVER = ("host", "port", "securityMode")
"""Of a mail server, what Google gives back: neither the name nor the password for it."""


class AliasType(StrEnum):
    DOMAIN = "domain"
    CUSTOM = "custom"


class SecurityMode(StrEnum):
    NONE = "none"
    SSL = "SSL"
    STARTTLS = "STARTTLS"


class Options(ServiceAccountOptions):
    alias_type: AliasType = field(
        "Alias Type",
        help="Domain: Google sends the mail itself. Custom: it goes through the address's own mail server.",
    )


WHEN_CUSTOM = {"alias_type": AliasType.CUSTOM.value}


class Inputs(ServiceAccountInputs):
    user_email: str = field("User: Email", help="The mailbox that may send from the alias.")
    send_as_email: str = field("Send As: Email", help="The alias.")
    display_name: str = field("Display Name", help="Shown beside the address. Empty: the mailbox's own.", default="")
    reply_to_address: str = field("Reply To Address", help="Where answers go. Empty: to the alias.", default="")
    signature: str = field("Signature", help="In HTML.", multiline=True, default="")
    treat_as_alias: bool | None = field(
        "Treat as Alias", help="Whether it is another name of the same person, for answers in Gmail.", default=None
    )
    smtp_host: str = field("SMTP Host", help="Such as smtp.example.com.", when=WHEN_CUSTOM)
    port: int = field("Port", help="Usually 587 or 465.", when=WHEN_CUSTOM, between=(1, 65_535))
    username: str = field("Username", when=WHEN_CUSTOM, default="")
    password: str = field(
        "Password", help="Google stores it and never gives it back.", when=WHEN_CUSTOM, secret=True, default=""
    )
    security_mode: SecurityMode | None = field(
        "Security Mode", help="Empty: SSL with port 465, STARTTLS with any other.", when=WHEN_CUSTOM, default=None
    )


class Outputs(Fields):
    send_as_email: str = field("Send As Email")
    verification_status: str = field("Verification Status", help="accepted, or pending until it is confirmed.")
    display_name: str = field("Display Name")
    reply_to_address: str = field("Reply To Address")
    signature: str = field("Signature", multiline=True)
    treat_as_alias: bool = field("Treat as Alias")
    smtp_host: str = field("SMTP Host")
    port: int | None = field("Port")
    security_mode: str = field("Security Mode")
    changes: tuple[Change, ...] = field("Changes", help="What was changed, and how it was before.")


def run(client: GmailClient, options: Options, inputs: Inputs) -> Outputs | Noted[Outputs]:
    """:raises InputRejected: an address isn't one, or the alias is of the other type. :raises ConsoleError: refused."""
    wanted = _wanted(options, inputs)
    known = find_send_as(client, wanted["sendAsEmail"])
    if known is None:
        try:
            return _settled(client, {}, _create(client, wanted))
        except AlreadyThere:
            known = find_send_as(client, wanted["sendAsEmail"])
            if known is None:
                raise
    return _brought_in_line(client, known, wanted)


def _wanted(options: Options, inputs: Inputs) -> dict[str, Any]:
    """What was given, as Gmail has it. What was left empty is left as it is."""
    return _given(
        {
            "sendAsEmail": bare_address("send_as_email", inputs.send_as_email),
            "displayName": inputs.display_name.strip(),
            "replyToAddress": bare_address("reply_to_address", inputs.reply_to_address)
            if inputs.reply_to_address
            else "",
            "signature": inputs.signature,
            "treatAsAlias": inputs.treat_as_alias,
            "smtpMsa": _server(inputs) if options.alias_type is AliasType.CUSTOM else None,
        }
    )


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None and value != ""}


def _server(inputs: Inputs) -> dict[str, Any]:
    by_port = SecurityMode.SSL if inputs.port == SSL_PORT else SecurityMode.STARTTLS
    mode = inputs.security_mode or by_port
    if mode is SecurityMode.NONE and inputs.port != UNSECURED_PORT:
        raise InputRejected(fields={"port": [f"Without security, Google takes port {UNSECURED_PORT} only."]})
    server = {"host": inputs.smtp_host.strip(), "port": inputs.port, "securityMode": mode.lower()}
    return server | _given({"username": inputs.username, "password": inputs.password})


def _create(client: GmailClient, wanted: dict[str, Any]) -> dict[str, Any]:
    request = client.users("settings", "sendAs").create(userId="me", body=wanted)
    return client.call("Adding the send-as alias", request, needs=(SETTINGS_SHARING,), about=wanted["sendAsEmail"])


def _brought_in_line(client: GmailClient, known: SendAs, wanted: dict[str, Any]) -> Outputs | Noted[Outputs]:
    """Write what differs from what was given, and nothing else."""
    if known.is_primary:
        raise PrimaryAddress(alias=known.address)
    server = known.fields.get("smtpMsa")
    if server and "smtpMsa" not in wanted:
        text = f"{known.address} is a custom alias, which sends through {server.get('host')}. Delete it first."
        raise InputRejected(fields={"alias_type": [text]})
    differing = {name: value for name, value in wanted.items() if _differs(name, known.fields.get(name), value)}
    if not differing:
        return _settled(client, known.fields, known.fields)
    request = client.users("settings", "sendAs").patch(userId="me", sendAsEmail=known.address, body=differing)
    after = client.call("Changing the send-as alias", request, needs=(SETTINGS_SHARING,), about=known.address)
    return _settled(client, known.fields, after)


def _differs(name: str, is_now: Any, wanted: Any) -> bool:
    if name == "sendAsEmail":
        return False
    if name == "smtpMsa":
        return any((is_now or {}).get(each) != wanted[each] for each in SERVER)
    return (is_now or None) != (wanted or None)


def _settled(client: GmailClient, before: dict[str, Any], after: dict[str, Any]) -> Outputs | Noted[Outputs]:
    changed = changes(LABELS, _flat(before), _flat(after))
    outputs = _outputs(after, changed)
    notes = [] if changed else [f"{client.email} had this alias already. Nothing was changed."]
    if outputs.verification_status == "pending":
        address = outputs.send_as_email
        notes.append(f"Google has sent a confirmation to {address}; nothing is sent from it until that is accepted.")
    return Noted(outputs=outputs, note=" ".join(notes)) if notes else outputs


def _flat(resource: dict[str, Any]) -> dict[str, Any]:
    """With a mail server's fields beside the others, and its security in the words of the input."""
    server = resource.get("smtpMsa") or {}
    mode = server.get("securityMode") or ""
    return {**resource, **server, "securityMode": next((each for each in SecurityMode if each.lower() == mode), mode)}


def _outputs(resource: dict[str, Any], changed: tuple[Change, ...]) -> Outputs:
    flat = _flat(resource)
    return Outputs(
        send_as_email=flat.get("sendAsEmail") or "",
        verification_status=flat.get("verificationStatus") or "accepted",
        display_name=flat.get("displayName") or "",
        reply_to_address=flat.get("replyToAddress") or "",
        signature=flat.get("signature") or "",
        treat_as_alias=bool(flat.get("treatAsAlias")),
        smtp_host=flat.get("host") or "",
        port=flat.get("port"),
        security_mode=flat["securityMode"],
        changes=changed,
    )


card = Card(
    key="gmail.add_send_as_alias",
    title="Add Send-As Alias",
    summary="Let a mailbox send from a further address, or set an alias that it has to what is given.",
    effect=Effect.SET_STATE,
    quota_units=102,
    needs=Requirements(
        scopes=((CLOUD_PLATFORM,),),
        role=ServiceAccountUser(
            service_account="service_account",
            mailbox="user_email",
            delegated_scopes=(SETTINGS_BASIC, SETTINGS_SHARING),
        ),
    ),
    options=Options,
    inputs=Inputs,
    outputs=Outputs,
    run=run,
    notes=(
        "For a custom alias, and for an address of another organization, Google sends a confirmation mail to it. An "
        "alias that is there already is set to what is given; what is left empty stays. A password can't be compared: "
        "to change just that, delete the alias and add it again."
    ),
)
