"""A console on this machine alone: SQLite under DATA_DIR, secrets made at the first start."""

import os
from urllib.parse import urlsplit

from workflows_console.settings import env, google
from workflows_console.settings.base import *  # noqa: F403  (settings modules build on each other)
from workflows_console.settings.base import (
    DATA_DIR,
    PUBLIC_URL,
    RATE_LIMITS,
    STORAGES,
    VAULT_PURPOSES,
)
from workflows_console.settings.first_start import secret_file, vault_ring_file

DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost", urlsplit(PUBLIC_URL).hostname or ""]

SECRET_KEY = env.secret("SECRET_KEY") or secret_file(DATA_DIR / "secret_key")
VAULT_KEY_RING = env.text("VAULT_KEY_RING")
VAULT_KEY_RING_FILE = env.text("VAULT_KEY_RING_FILE")
if not (VAULT_KEY_RING or VAULT_KEY_RING_FILE):
    VAULT_KEY_RING_FILE = vault_ring_file(DATA_DIR / "vault_ring.json", VAULT_PURPOSES)

SANDBOX_PORT = env.port("SANDBOX_PORT", 8100)
GOOGLE = env.choice("GOOGLE", ("sandbox", "google"), "sandbox")
if GOOGLE == "sandbox":
    # Another site than the console's: two ports of one host would share their cookies.
    _origin = f"http://localhost:{SANDBOX_PORT}"
    SANDBOX_URL: str | None = _origin
    GOOGLE_ADDRESSES = google.with_overrides(google.sandbox_addresses(_origin), https_only=False)
    GOOGLE_CLIENT_ID = env.text("GOOGLE_CLIENT_ID", "sandbox-client")
    GOOGLE_CLIENT_SECRET = env.secret("GOOGLE_CLIENT_SECRET") or "GOCSPX-sandbox-only-secret"
    # google-auth-oauthlib refuses http token addresses otherwise; loopback only.
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
else:
    SANDBOX_URL = None
    GOOGLE_ADDRESSES = google.with_overrides(google.REAL, https_only=False)
    GOOGLE_CLIENT_ID = env.required("GOOGLE_CLIENT_ID", "1234567890-abc.apps.googleusercontent.com")
    GOOGLE_CLIENT_SECRET = env.required("GOOGLE_CLIENT_SECRET", "the-secret-of-the-OAuth-client")
google.refuse_mixture(GOOGLE_CLIENT_ID, GOOGLE_ADDRESSES, SANDBOX_URL)
OUTBOUND_ORIGINS = GOOGLE_ADDRESSES.origins
GOOGLE_REDIRECT_URI = f"{PUBLIC_URL}/connections/callback/google/"

RATE_LIMITS = {name: limit * 100 for name, limit in RATE_LIMITS.items()}
ACCOUNT_RATE_LIMITS = {"login": "3000/m/ip", "login_failed": "1000/m/ip,500/5m/key", "reauthenticate": "1000/m/user"}
SHOW_DEMO_PEOPLE = GOOGLE == "sandbox"
if not env.secret("EMAIL_URL"):
    MAIL_IS_SET_UP = True  # into files, to be read there
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"
# Static files straight from where they are: nothing to collect before a start.
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = None
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
