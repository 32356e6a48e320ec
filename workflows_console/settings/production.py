"""A console for a company: https, its own database, secrets from outside, the real Google."""

import os
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from workflows_console.settings import env, google
from workflows_console.settings.base import *  # noqa: F403  (settings modules build on each other)
from workflows_console.settings.base import ALLAUTH_TRUSTED_PROXY_COUNT, PUBLIC_URL

SHORTEST_SECRET_KEY = 50

for _name in ("OAUTHLIB_INSECURE_TRANSPORT", "OAUTHLIB_RELAX_TOKEN_SCOPE"):
    if os.environ.get(_name):
        raise ImproperlyConfigured(f"{_name} must not be set in production: it weakens every authorization. Unset it.")
if env.text("GOOGLE", "google") != "google":
    raise env.refuse("GOOGLE", "must be google in production", "google")
if not PUBLIC_URL.startswith("https://"):
    raise env.refuse("PUBLIC_URL", "must begin with https:// in production", "https://console.example")


DEBUG = False
ALLOWED_HOSTS = [urlsplit(PUBLIC_URL).hostname or ""]
SECRET_KEY = env.required("SECRET_KEY", "50-random-characters")
if len(SECRET_KEY) < SHORTEST_SECRET_KEY:
    raise env.refuse("SECRET_KEY", f"is shorter than {SHORTEST_SECRET_KEY} characters", "50-random-characters")
VAULT_KEY_RING_FILE = env.text("VAULT_KEY_RING_FILE")
VAULT_KEY_RING = env.text("VAULT_KEY_RING")
if not (VAULT_KEY_RING or VAULT_KEY_RING_FILE):
    raise env.refuse("VAULT_KEY_RING_FILE", "is not set, nor is VAULT_KEY_RING", "/etc/workflows-console/ring.json")

GOOGLE = "google"
SANDBOX_URL: str | None = None
GOOGLE_CLIENT_ID = env.required("GOOGLE_CLIENT_ID", "1234567890-abc.apps.googleusercontent.com")
GOOGLE_CLIENT_SECRET = env.required("GOOGLE_CLIENT_SECRET", "the-secret-of-the-OAuth-client")
GOOGLE_ADDRESSES = google.with_overrides(google.REAL, https_only=True)
google.refuse_mixture(GOOGLE_CLIENT_ID, GOOGLE_ADDRESSES, SANDBOX_URL)
OUTBOUND_ORIGINS = GOOGLE_ADDRESSES.origins
GOOGLE_REDIRECT_URI = f"{PUBLIC_URL}/connections/callback/google/"
SHOW_DEMO_PEOPLE = False

SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz)$"]
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
if ALLAUTH_TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
