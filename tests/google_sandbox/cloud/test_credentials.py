"""signJwt and generateAccessToken: what is signed, for whom, and what is refused."""

import json
import time
from datetime import datetime
from typing import Any

import pytest
from google.auth import jwt

from google_sandbox import world
from google_sandbox.cloud.keys import key_of
from google_sandbox.cloud.roles import SERVICE_ACCOUNT_USER, TOKEN_CREATOR
from google_sandbox.server import RunningSandbox
from google_sandbox.world import SERVICE_ACCOUNT
from tests.google_sandbox.calling import ADA, CLEO, Caller, client
from tests.google_sandbox.consenting import READONLY
from tests.google_sandbox.signing_in import (
    ACCOUNT_PATH,
    CLOUD_PLATFORM,
    ask,
    claims,
    cloud_caller,
    sign,
)
from tests.staged_google import add_service_account, grant_role, stage, withdraw_role

GENERATE = f"{ACCOUNT_PATH}:generateAccessToken"
BETWEEN = "between@acme-automation.iam.gserviceaccount.com"
HOUR = 3600


def test_payload_is_signed_as_it_is(sandbox: RunningSandbox) -> None:
    payload = {"iss": "anybody", "n": 1, "text": "ü"}
    answer = sign(cloud_caller(sandbox), payload).json()
    with sandbox.sandbox.store.transaction() as db:
        key = key_of(db, world.subject_of(SERVICE_ACCOUNT))
    assert answer["keyId"] == jwt.decode_header(answer["signedJwt"])["kid"] == key.kid
    now = int(time.time())
    timed = sign(cloud_caller(sandbox), {**payload, "iat": now, "exp": now + 60}).json()["signedJwt"]
    read = jwt.decode(timed, certs=key.certificate_pem.encode())
    assert read == {**payload, "iat": now, "exp": now + 60}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"payload": ""},
        {"payload": "text"},
        {"payload": "[]"},
        {"payload": {"iss": "x"}},
        {"payload": json.dumps({"exp": "soon"})},
        {"payload": json.dumps({"exp": 1.5e9 + 0.5})},
        {"payload": json.dumps({"exp": 10**11})},
        {"payload": "{}", "delegates": ["somebody"]},
        {"payload": "{}", "nonsense": 1},
    ],
)
def test_body_that_makes_no_sense(sandbox: RunningSandbox, body: dict[str, Any]) -> None:
    answer = cloud_caller(sandbox).send("POST", f"{ACCOUNT_PATH}:signJwt", json=body)
    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize("text", [b"{", b"[]", b"garbage"])
def test_body_that_is_no_object(sandbox: RunningSandbox, text: bytes) -> None:
    assert cloud_caller(sandbox).send("POST", f"{ACCOUNT_PATH}:signJwt", data=text).status_code == 400


def test_project_is_always_the_wildcard(sandbox: RunningSandbox) -> None:
    path = f"/v1/projects/acme-automation/serviceAccounts/{SERVICE_ACCOUNT}"
    assert sign(cloud_caller(sandbox), claims(sandbox.origin), path).status_code == 400


def test_service_account_by_its_id(sandbox: RunningSandbox) -> None:
    path = f"/v1/projects/-/serviceAccounts/{world.subject_of(SERVICE_ACCOUNT)}"
    assert sign(cloud_caller(sandbox), claims(sandbox.origin), path).status_code == 200


def test_by_way_of_a_delegate(sandbox: RunningSandbox) -> None:
    """Each link of the chain needs Token Creator on the next."""
    add_service_account(sandbox, BETWEEN, "Between")
    cleo, chain = cloud_caller(sandbox, CLEO), [f"projects/-/serviceAccounts/{BETWEEN}"]
    assert sign(cleo, claims(sandbox.origin), delegates=chain).status_code == 403
    grant_role(sandbox, CLEO, TOKEN_CREATOR, on=BETWEEN)
    assert sign(cleo, claims(sandbox.origin), delegates=chain).status_code == 403
    grant_role(sandbox, BETWEEN, TOKEN_CREATOR, on=SERVICE_ACCOUNT)
    assert sign(cleo, claims(sandbox.origin), delegates=chain).status_code == 200
    assert sign(cleo, claims(sandbox.origin)).status_code == 403


def test_access_token_of_the_service_account(sandbox: RunningSandbox) -> None:
    answer = cloud_caller(sandbox).send("POST", GENERATE, json={"scope": [CLOUD_PLATFORM], "lifetime": "600s"})
    body = answer.json()
    ends = datetime.fromisoformat(body["expireTime"])
    assert 590 <= ends.timestamp() - time.time() <= 600
    mailer = Caller(sandbox.origin, SERVICE_ACCOUNT, body["accessToken"])
    assert ask(mailer, ACCOUNT_PATH).json() == {}
    grant_role(sandbox, SERVICE_ACCOUNT, SERVICE_ACCOUNT_USER, on=SERVICE_ACCOUNT)
    assert ask(mailer, ACCOUNT_PATH).json() != {}
    sandbox.sandbox.clock.offset = 600
    assert ask(mailer, ACCOUNT_PATH).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"scope": []},
        {"scope": READONLY},
        {"scope": ["nonsense"]},
        {"scope": [READONLY], "lifetime": "3601s"},
        {"scope": [READONLY], "lifetime": "0s"},
        {"scope": [READONLY], "lifetime": 60},
    ],
)
def test_access_token_that_cannot_be_had(sandbox: RunningSandbox, body: dict[str, Any]) -> None:
    answer = cloud_caller(sandbox).send("POST", GENERATE, json=body)
    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")


def test_roles_that_are_withdrawn_by_scenario(sandbox: RunningSandbox) -> None:
    """For as many answers as it says, and for nothing but asking and signing."""
    stage(sandbox, "iam:roles_withdrawn", account=ADA, count=2)
    ada = cloud_caller(sandbox)
    assert ada.get("/v3/projects:search")["projects"]
    assert ask(ada, ACCOUNT_PATH).json() == {}
    assert sign(ada, claims(sandbox.origin)).status_code == 403
    assert sign(ada, claims(sandbox.origin)).status_code == 200


def test_role_that_is_withdrawn_between_two_calls(sandbox: RunningSandbox) -> None:
    ada = cloud_caller(sandbox)
    assert sign(ada, claims(sandbox.origin)).status_code == 200
    withdraw_role(sandbox, ADA, TOKEN_CREATOR)
    assert sign(ada, claims(sandbox.origin)).status_code == 403


def test_googles_client_library(sandbox: RunningSandbox) -> None:
    accounts = client(cloud_caller(sandbox), "iamcredentials.v1").projects().serviceAccounts()
    name = f"projects/-/serviceAccounts/{SERVICE_ACCOUNT}"
    signed = accounts.signJwt(name=name, body={"payload": json.dumps(claims(sandbox.origin))}).execute()
    assert signed.keys() == {"keyId", "signedJwt"}
    made = accounts.generateAccessToken(name=name, body={"scope": [CLOUD_PLATFORM], "lifetime": f"{HOUR}s"}).execute()
    assert made.keys() == {"accessToken", "expireTime"}
