"""A console for a company: https, its own database, secrets from outside, the real Google."""

import os

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from workflows_console.settings import env, google
from workflows_console.settings.base import *  # noqa: F403  (settings modules build on each other)
from workflows_console.settings.base import ALLAUTH_TRUSTED_PROXY_COUNT, DATA_DIR, PUBLIC_URL, SQLITE_OPTIONS

for _name in ("OAUTHLIB_INSECURE_TRANSPORT", "OAUTHLIB_RELAX_TOKEN_SCOPE"):
    if os.environ.get(_name):
        raise ImproperlyConfigured(f"{_name} must not be set in production: it weakens every authorization. Unset it.")
if env.text("GOOGLE", "google") != "google":
    raise env.refuse("GOOGLE", "must be google in production", "google")
if not PUBLIC_URL.startswith("https://"):
    raise env.refuse("PUBLIC_URL", "must begin with https:// in production", "https://console.example")


def _required(name: str, example: str) -> str:
    value = env.secret(name)
    if not value:
        raise env.refuse(name, "is not set, nor is the same name with _FILE", example)
    return value


DEBUG = False
ALLOWED_HOSTS = [PUBLIC_URL.removeprefix("https://").split("/")[0].split(":")[0]]
SECRET_KEY = _required("SECRET_KEY", "50-random-characters")
VAULT_KEY_RING_FILE = env.text("VAULT_KEY_RING_FILE")
VAULT_KEY_RING = env.text("VAULT_KEY_RING")
if not (VAULT_KEY_RING or VAULT_KEY_RING_FILE):
    raise env.refuse("VAULT_KEY_RING_FILE", "is not set, nor is VAULT_KEY_RING", "/etc/workflows-console/ring.json")

if env.text("DATABASE_URL"):
    DATABASES = {"default": dj_database_url.parse(env.text("DATABASE_URL"), conn_max_age=60, conn_health_checks=True)}
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "console.sqlite3",
            "OPTIONS": SQLITE_OPTIONS,
        },
    }

GOOGLE = "google"
SANDBOX_URL: str | None = None
GOOGLE_CLIENT_ID = env.text("GOOGLE_CLIENT_ID")
if not GOOGLE_CLIENT_ID:
    raise env.refuse("GOOGLE_CLIENT_ID", "is not set", "1234567890-abc.apps.googleusercontent.com")
GOOGLE_CLIENT_SECRET = _required("GOOGLE_CLIENT_SECRET", "the-secret-of-the-OAuth-client")
GOOGLE_ADDRESSES = google.with_overrides(google.REAL, https_only=True)
OUTBOUND_ORIGINS = GOOGLE_ADDRESSES.origins
GOOGLE_REDIRECT_URI = f"{PUBLIC_URL}/connections/callback/google/"
SHOW_DEMO_PEOPLE = False

SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
if ALLAUTH_TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
