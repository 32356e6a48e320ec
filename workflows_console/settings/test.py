"""Tests: a file database for each process, and a sandbox at an address the tests set."""

import atexit
import base64
import json
import os
import shutil
import tempfile
from pathlib import Path

from workflows_console.settings import env, google
from workflows_console.settings.base import *  # noqa: F403  (settings modules build on each other)
from workflows_console.settings.base import (
    DATABASES,
    PUBLIC_URL,
    RATE_LIMITS,
    SERVED_HOSTS,
    SQLITE_OPTIONS,
    STORAGES,
    VAULT_PURPOSES,
)

DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]
SERVED_HOSTS |= {"testserver"}  # Django's test client
SECRET_KEY = "only-for-tests-and-never-anywhere-else-0123456789abcdef"  # noqa: S105  (opens nothing)
VAULT_KEY_RING_FILE = env.text("VAULT_KEY_RING_FILE")
VAULT_KEY_RING = env.text("VAULT_KEY_RING") or json.dumps(
    {
        "keys": [
            {
                "id": f"{number:016x}",
                "purpose": purpose,
                "key": base64.b64encode(bytes([number]) * 32).decode(),
                "state": "active",
                "created_at": "2026-01-01T00:00:00+00:00",
            }
            for number, purpose in enumerate(VAULT_PURPOSES, 1)
        ]
    }
)

# A folder for this process alone, gone when it ends. In memory a database could neither race nor be shared by threads.
DATA_DIR = Path(tempfile.mkdtemp(prefix="workflows-console-tests-"))
atexit.register(shutil.rmtree, DATA_DIR, ignore_errors=True)
if not env.text("DATABASE_URL"):
    DATABASES["default"] = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "console.sqlite3",
        "OPTIONS": SQLITE_OPTIONS | {"init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=OFF"},
        "TEST": {"NAME": DATA_DIR / "test.sqlite3"},
    }
STATIC_ROOT = None
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
MAIL_IS_SET_UP = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

GOOGLE = "sandbox"
SANDBOX_URL: str | None = env.text("SANDBOX_URL", "http://localhost:1")
GOOGLE_ADDRESSES = google.sandbox_addresses(str(SANDBOX_URL))
OUTBOUND_ORIGINS = GOOGLE_ADDRESSES.origins
GOOGLE_CLIENT_ID = "sandbox-client"
GOOGLE_CLIENT_SECRET = "GOCSPX-sandbox-only-secret"  # noqa: S105  (the sandbox's)
GOOGLE_REDIRECT_URI = f"{PUBLIC_URL}/connections/callback/google/"
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

RATE_LIMITS = {name: limit * 1000 for name, limit in RATE_LIMITS.items()}
ACCOUNT_RATE_LIMITS = {"login": "3000/m/ip", "login_failed": "1000/m/ip,500/5m/key", "reauthenticate": "1000/m/user"}
SHOW_DEMO_PEOPLE = False
GMAIL_CONNECT_SECONDS = 2
GMAIL_READ_SECONDS = 1
GMAIL_UNITS_PER_MINUTE = 10_000_000
