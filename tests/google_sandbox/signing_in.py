"""Service accounts as a program uses them: sign a JWT by Google, and get a token for it."""

import json
import time
from collections.abc import Collection
from typing import Any

import requests

from google_sandbox.server import RunningSandbox
from google_sandbox.world import SERVICE_ACCOUNT
from tests.google_sandbox.calling import ADA, Caller, caller
from tests.google_sandbox.consenting import GMAIL, TIMEOUT

CLOUD_PLATFORM = "https://www.googleapis.com/auth/cloud-platform"
READ_ONLY = "https://www.googleapis.com/auth/cloud-platform.read-only"
BASIC, SHARING = f"{GMAIL}settings.basic", f"{GMAIL}settings.sharing"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ACT_AS = "iam.serviceAccounts.actAs"
ACCOUNT_PATH = f"/v1/projects/-/serviceAccounts/{SERVICE_ACCOUNT}"


def cloud_caller(running: RunningSandbox, email: str = ADA) -> Caller:
    return caller(running, email, CLOUD_PLATFORM)


def ask(of: Caller, resource: str, *permissions: str) -> requests.Response:
    """testIamPermissions of `/v1/projects/…` or `/v3/projects/…`."""
    return of.send("POST", f"{resource}:testIamPermissions", json={"permissions": list(permissions or (ACT_AS,))})


def claims(
    origin: str, subject: str | None = ADA, scopes: Collection[str] = (BASIC,), **changes: Any
) -> dict[str, Any]:
    """Claims as a program writes them; a change of None leaves the claim out."""
    now = int(time.time())
    made = {
        "iss": SERVICE_ACCOUNT,
        "sub": subject,
        "scope": " ".join(scopes),
        "aud": f"{origin}/token",
        "iat": now,
        "exp": now + 3600,
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def sign(of: Caller, payload: object, path: str = ACCOUNT_PATH, **body: Any) -> requests.Response:
    return of.send("POST", f"{path}:signJwt", json={"payload": json.dumps(payload), **body})


def signed(of: Caller, payload: object) -> str:
    answer = sign(of, payload)
    assert answer.status_code == 200, answer.text
    jwt: str = answer.json()["signedJwt"]
    return jwt


def present(origin: str, assertion: str) -> requests.Response:
    """The JWT at the token endpoint."""
    return requests.post(f"{origin}/token", data={"grant_type": JWT_BEARER, "assertion": assertion}, timeout=TIMEOUT)


def impersonate(
    running: RunningSandbox, subject: str | None = ADA, scopes: Collection[str] = (BASIC,), **changes: Any
) -> requests.Response:
    """Sign as ada, who may, and present it."""
    payload = claims(running.origin, subject, scopes, **changes)
    return present(running.origin, signed(cloud_caller(running), payload))
