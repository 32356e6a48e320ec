"""Drives Google's pages over HTTP as a browser would: sign in, choose, tick, allow."""

import base64
import hashlib
import re
from collections.abc import Collection
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

CLIENT_ID = "sandbox-client"
CLIENT_SECRET = "GOCSPX-sandbox-only-secret"
REDIRECT_URI = "http://127.0.0.1:8000/connections/callback/google/"
OPENID = "openid"
EMAIL = "https://www.googleapis.com/auth/userinfo.email"
PROFILE = "https://www.googleapis.com/auth/userinfo.profile"
GMAIL = "https://www.googleapis.com/auth/gmail."
READONLY, COMPOSE, SEND, MODIFY, METADATA = (
    f"{GMAIL}{name}" for name in ("readonly", "compose", "send", "modify", "metadata")
)
VERIFIER = "a-verifier-of-no-less-than-forty-three-characters"
TIMEOUT = 10


def challenge(verifier: str = VERIFIER) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def authorization_parameters(scopes: Collection[str], **changes: str | None) -> dict[str, str]:
    """A request as the console makes it; a change of None leaves the parameter out."""
    parameters: dict[str, str | None] = {
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT_URI,
        "response_type": "code",
        "scope": " ".join(scopes),
        "state": "a-state",
        "access_type": "offline",
        "prompt": "consent select_account",
        **changes,
    }
    return {name: value for name, value in parameters.items() if value is not None}


def hidden_flow(page: str) -> str:
    found = re.search(r'name="flow" value="([^"]+)"', page)
    assert found is not None, page
    return found.group(1)


def boxes(page: str) -> list[str]:
    return re.findall(r'type="checkbox" name="scope" value="([^"]+)"', page)


def follow(browser: requests.Session, answer: requests.Response) -> requests.Response:
    """Follow redirects within the sandbox, and stop at the one that leaves it."""
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(answer.url))
    while answer.is_redirect:
        location = requests.compat.urljoin(answer.url, answer.headers["Location"])
        if not location.startswith(f"{origin}/"):
            break
        answer = browser.get(location, allow_redirects=False, timeout=TIMEOUT)
    return answer


def post(browser: requests.Session, page: requests.Response, path: str, **fields: Any) -> requests.Response:
    """Send the form of a page."""
    url = requests.compat.urljoin(page.url, path)
    data = {"flow": hidden_flow(page.text), **fields}
    return follow(browser, browser.post(url, data=data, allow_redirects=False, timeout=TIMEOUT))


def open_consent(
    origin: str,
    account: str,
    scopes: Collection[str],
    *,
    browser: requests.Session | None = None,
    **changes: str | None,
) -> requests.Response:
    """Go as far as the consent page, or as far back as Google sends one without showing it."""
    browser = browser or requests.Session()
    page = follow(
        browser,
        browser.get(
            f"{origin}/o/oauth2/v2/auth",
            params=authorization_parameters(scopes, **changes),
            allow_redirects=False,
            timeout=TIMEOUT,
        ),
    )
    if "/signin/accounts" in page.url:
        page = post(browser, page, "/signin/accounts", account=account)
    if "/signin/password" in page.url:
        password = f"{account.partition('@')[0]}-sandbox"
        page = post(browser, page, "/signin/password", password=password)
    return page


def redirect_parameters(answer: requests.Response) -> dict[str, str]:
    """What the app is told, in the order it stands in the address."""
    assert answer.is_redirect, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query, keep_blank_values=True))


def consent(
    origin: str,
    account: str,
    scopes: Collection[str],
    *,
    tick: Collection[str] | None = None,
    answer: str = "allow",
    browser: requests.Session | None = None,
    stage: str | None = None,
    **changes: str | None,
) -> dict[str, str]:
    """Walk through Google's pages and give back the redirect's parameters. Every box is ticked unless `tick` says."""
    browser = browser or requests.Session()
    page = open_consent(origin, account, scopes, browser=browser, **changes)
    if page.is_redirect:
        return redirect_parameters(page)
    assert page.status_code == 200, page.text
    fields: dict[str, Any] = {"scope": boxes(page.text) if tick is None else list(tick), "answer": answer}
    if stage is not None:
        fields |= {"answer": "stage", "stage": stage}
    return redirect_parameters(post(browser, page, "/signin/consent", **fields))


def token_request(origin: str, **fields: str | None) -> requests.Response:
    """POST /token with the client's name and secret in the form; a field of None is left out."""
    form = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **fields}
    return requests.post(
        f"{origin}/token", data={name: value for name, value in form.items() if value is not None}, timeout=TIMEOUT
    )


def exchange(origin: str, code: str, **fields: str | None) -> requests.Response:
    return token_request(
        origin, **{"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI, **fields}
    )


def refresh(origin: str, refresh_token: str, **fields: str | None) -> requests.Response:
    return token_request(origin, **{"grant_type": "refresh_token", "refresh_token": refresh_token, **fields})


def grant(origin: str, account: str, scopes: Collection[str], **consent_changes: Any) -> dict[str, Any]:
    """Consent and exchange: the token answer."""
    answer = exchange(origin, consent(origin, account, scopes, **consent_changes)["code"])
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def authorized(access_token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {access_token}"}
