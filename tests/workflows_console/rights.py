"""Who may do what on each address: the table of console.md, a row for every page and every call of the API.

The resolver and the API's own description say which addresses and verbs there are; test_rights_matrix.py holds
this table to them, so that a new one without a row fails.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Gate(StrEnum):
    """What is asked of somebody where no permission is."""

    NOBODY = "nothing: the address has guards of its own, which its tests show"
    SIGNED_IN = "to be signed in"
    OWN = "to be one's own, whatever the role"


NOBODY, SIGNED_IN, OWN = Gate.NOBODY, Gate.SIGNED_IN, Gate.OWN


class Subject(StrEnum):
    """The object whose id stands in the address."""

    NONE = ""
    CONNECTION = "connection"
    RUN = "run"
    FLOW = "flow"
    ATTEMPT = "attempt"
    PERSON = "person"
    API_KEY = "key"


@dataclass(frozen=True, kw_only=True)
class Row:
    """``verbs`` maps each verb the address takes to a permission or gate; ``body`` is sent with unsafe ones."""

    verbs: Mapping[str, str]
    subject: Subject = Subject.NONE
    body: Mapping[str, Any] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)


def read(permission: str, subject: Subject = Subject.NONE, **arguments: str) -> Row:
    return Row(verbs={"GET": permission}, subject=subject, arguments=arguments)


def change(permission: str, subject: Subject = Subject.NONE, **body: Any) -> Row:
    return Row(verbs={"POST": permission}, subject=subject, body=body)


def form(permission: str, subject: Subject = Subject.NONE, **arguments: str) -> Row:
    return Row(verbs={"GET": permission, "POST": permission}, subject=subject, arguments=arguments)


UNKNOWN = "5b6f1e0c-9f0e-4a53-8c0e-0f5a5b9b8f11"
"""An id that nothing has."""
CONNECTION, RUN, FLOW, ATTEMPT, PERSON, API_KEY = (each for each in Subject if each)

PAGES: dict[str, Row] = {
    "home": read(SIGNED_IN),
    "search": read(SIGNED_IN),
    "help": read(NOBODY),
    "healthz": read(NOBODY),
    "readyz": read(NOBODY),
    "account_login": form(NOBODY),
    "mfa_authenticate": form(NOBODY),
    "account_logout": form(NOBODY),
    "account_reauthenticate": form(SIGNED_IN),
    "mfa_reauthenticate": form(SIGNED_IN),
    "one_time_link": read(NOBODY, secret="x"),
    "set_password": form(NOBODY),
    "settings": read(SIGNED_IN),
    "about": read(SIGNED_IN),
    "change_password": form(SIGNED_IN),
    "end_other_sessions": change(SIGNED_IN),
    "end_session": Row(verbs={"POST": NOBODY}, arguments={"session_id": UNKNOWN}),
    "mfa_activate_totp": form(SIGNED_IN),
    "mfa_deactivate_totp": form(NOBODY),
    "mfa_view_recovery_codes": read(NOBODY),
    "mfa_generate_recovery_codes": form(NOBODY),
    "people": read("people.manage"),
    "invite_person": form("people.manage"),
    "person": form("people.manage", PERSON),
    "person_link": change("people.manage", PERSON),
    "deactivate_person": change("people.manage", PERSON),
    "reactivate_person": change("people.manage", PERSON),
    "sign_out_person": change("people.manage", PERSON),
    "remove_mfa": change("people.manage", PERSON),
    "api_keys": read("api_key.manage"),
    "new_api_key": form("api_key.manage"),
    "revoke_api_key": change("api_key.manage", API_KEY),
    "policy": form("policy.manage"),
    "google_client": form("policy.manage"),
    "vault_keys": read("policy.manage"),
    "workers": read("policy.manage"),
    "audit": read("audit.view"),
    "audit_csv": read("audit.export"),
    "verify_audit": change("audit.view"),
    "connections": read("connection.view"),
    "export_connections": read("connection.export"),
    "selected_connections": form(SIGNED_IN),
    "choose_connector": read("connection.create"),
    "new_connection": form("connection.create", connector="gmail"),
    "authorization": form(OWN, ATTEMPT),
    "use_new_grant": change(OWN, ATTEMPT),
    "keep_old_grant": change(OWN, ATTEMPT),
    "google_callback": read(NOBODY),
    "consent_mismatch": read(NOBODY),
    "connection": read("connection.view", CONNECTION),
    "connection_permissions": read("connection.view", CONNECTION),
    "connection_cards": read("connection.view", CONNECTION),
    "connection_service_account": Row(verbs={"GET": "connection.view", "POST": "connection.edit"}, subject=CONNECTION),
    "check_service_account": change("connection.check", CONNECTION),
    "connection_usage": read("connection.view", CONNECTION),
    "connection_activity": read("connection.view", CONNECTION),
    "connection_settings": Row(verbs={"GET": "connection.pause", "POST": "connection.edit"}, subject=CONNECTION),
    "reauthorize_connection": form("connection.reauthorize", CONNECTION),
    "check_connection": change("connection.check", CONNECTION),
    "share_connection": form("connection.share", CONNECTION),
    "change_owner": form("connection.share", CONNECTION),
    "pause_connection": change("connection.pause", CONNECTION),
    "resume_connection": change("connection.pause", CONNECTION),
    "replace_connection": form("connection.view", CONNECTION),
    "delete_connection": form("connection.delete", CONNECTION),
    "deleted_connection": Row(verbs={"GET": NOBODY}, arguments={"connection_id": UNKNOWN}),
    "test_card": form("card.run", card_key="gmail.read_email"),
    "card_choices": read("card.run", card_key="gmail.read_email"),
    "flows": read("flow.view"),
    "new_flow": form("flow.edit"),
    "import_flow": form("flow.edit"),
    "flow": read("flow.view", FLOW),
    "add_to_flow": change("flow.edit", FLOW),
    "undo_flow": change("flow.edit", FLOW),
    "save_flow": change("flow.edit", FLOW),
    "switch_flow": change("flow.edit", FLOW),
    "flow_run": form("flow.run", FLOW),
    "rename_flow": form("flow.edit", FLOW),
    "duplicate_flow": change("flow.edit", FLOW),
    "export_flow": read("flow.edit", FLOW),
    "delete_flow": form("flow.edit", FLOW),
    "flow_endpoint": change("flow.edit", FLOW),
    "flow_card": form("flow.edit", FLOW, card_id="c1"),
    "change_flow_card": Row(verbs={"POST": "flow.edit"}, subject=FLOW, arguments={"card_id": "c1"}),
    "choose_flow_connection": Row(verbs={"POST": "flow.edit"}, subject=FLOW, arguments={"card_id": "c1"}),
    "test_flow_card": form("flow.edit", FLOW, card_id="c1"),
    "run": read("run.view", RUN),
    "resume_run": change("run.resolve", RUN),
    "resume_from_card": change("run.resolve", RUN),
    "release_run": change("run.resolve", RUN),
    "cancel_run": form("run.resolve", RUN),
    "export_run": read("run.view", RUN),
    "history": read("run.view"),
    "follow_history": read("run.view"),
    "export_history": read("run.view"),
}

_NEW: dict[str, Any] = {"connector": "gmail", "nickname": "Asked by the matrix"}
_SHARE: dict[str, Any] = {"version": 1, "sharing": "private"}
_KEY: dict[str, Any] = {"name": "matrix", "permissions": ["connection.view"], "days": 1}

API: dict[str, Row] = {
    "/connectors": read(SIGNED_IN),
    "/connectors/{key}/scopes": read(SIGNED_IN, key="gmail"),
    "/connections": read("connection.view"),
    "/connections/authorizations": change("connection.create", **_NEW),
    "/connections/authorizations/{attempt_id}": read(OWN, ATTEMPT),
    "/connections/{connection_id}": Row(
        verbs={"GET": "connection.view", "PATCH": "connection.edit", "DELETE": "connection.delete"},
        subject=CONNECTION,
        body={"version": 1},
    ),
    "/connections/{connection_id}/authorizations": read("connection.view", CONNECTION),
    "/connections/{connection_id}/readiness": read("connection.view", CONNECTION),
    "/connections/{connection_id}/impact": read("connection.view", CONNECTION),
    "/connections/{connection_id}/reauthorizations": change("connection.reauthorize", CONNECTION),
    "/connections/{connection_id}/checks": change("connection.check", CONNECTION),
    "/connections/{connection_id}/pause": change("connection.pause", CONNECTION),
    "/connections/{connection_id}/resume": change("connection.pause", CONNECTION),
    "/connections/{connection_id}/share": change("connection.share", CONNECTION, **_SHARE),
    "/cards": read(SIGNED_IN),
    "/cards/{key}": read(SIGNED_IN, key="gmail.read_email"),
    "/flows": Row(verbs={"GET": "flow.view", "POST": "flow.edit"}, body={"name": "Made by the matrix"}),
    "/flows/{flow_id}": Row(
        verbs={"GET": "flow.view", "PUT": "flow.edit", "DELETE": "flow.edit"},
        subject=FLOW,
        body={"version": 1, "name": "Changed by the matrix"},
    ),
    "/flows/{flow_id}/publish": change("flow.edit", FLOW, version=1),
    "/flows/{flow_id}/on": change("flow.edit", FLOW),
    "/flows/{flow_id}/off": change("flow.edit", FLOW),
    "/flows/{flow_id}/runs": change("flow.run", FLOW),
    "/hooks/{secret}": Row(verbs={"POST": NOBODY}, arguments={"secret": "no-such-endpoint"}),
    "/runs": read("run.view"),
    "/runs/{run_id}": read("run.view", RUN),
    "/runs/{run_id}/cancel": change("run.resolve", RUN),
    "/runs/{run_id}/release": change("run.resolve", RUN),
    "/runs/{run_id}/resume": change("run.resolve", RUN, decision="sent"),
    "/audit": read("audit.view"),
    "/api-keys": Row(verbs={"GET": "api_key.manage", "POST": "api_key.manage"}, body=_KEY),
    "/api-keys/{key_id}": Row(verbs={"DELETE": "api_key.manage"}, subject=API_KEY),
}

CARD_RUN = "/cards/{key}/runs"
CARD_CHOICES = "/cards/{key}/options/{option}"
"""The subject of both stands elsewhere: a connection that must be the actor's own or shared, for every role."""
