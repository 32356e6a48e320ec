"""Pages in headless Chromium, served by this process from the test's own database."""

import os
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from access.models import User
from google_sandbox.server import RunningSandbox, start
from workflows_console.settings.google import sandbox_addresses

# Playwright keeps an event loop in this thread, where Django would then refuse its database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# An expectation holds as soon as it is met; how long it may take is the machine's affair, as with Playwright's actions.
expect.set_options(timeout=30_000)

SignIn = Callable[..., Page]


@pytest.fixture
def console(live_server: LiveServer, settings: Settings) -> str:
    """The console's address by number, so that Google, by name, is another site as in life."""
    url = str(live_server.url).replace("localhost", "127.0.0.1")
    settings.PUBLIC_URL = url
    settings.SERVED_HOSTS = {*settings.SERVED_HOSTS, urlsplit(url).netloc}
    return url


@pytest.fixture
def google_sends_back(console: str, settings: Settings) -> Iterator[RunningSandbox]:
    """A sandbox of its own, which sends people back to this console."""
    settings.GOOGLE_REDIRECT_URI = f"{console}/connections/callback/google/"
    with start(redirect_uris=(settings.GOOGLE_REDIRECT_URI,)) as running:
        settings.SANDBOX_URL = running.origin
        settings.GOOGLE_ADDRESSES = sandbox_addresses(running.origin)
        settings.OUTBOUND_ORIGINS = settings.GOOGLE_ADDRESSES.origins
        yield running


@pytest.fixture
def sign_in(console: str, browser: Browser) -> Iterator[SignIn]:
    """``sign_in(user, **options)``: a page of a new browser context, signed in; a page that errs fails the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_page(user: User, **options: Any) -> Page:
        client = Client()
        client.force_login(user)
        context = browser.new_context(base_url=console, **options)
        contexts.append(context)
        name = django_settings.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": console}])
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text) if "Content Security Policy" in line.text else None)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []
