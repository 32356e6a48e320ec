"""What every environment shares. local.py, test.py and production.py say the rest."""

import os
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONCE, NONE, SELF
from django.contrib.messages import constants as message_levels

from workflows_console.logging import to_stderr
from workflows_console.settings import env

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA_DIR = Path(env.text("DATA_DIR", str(BASE_DIR / "var")))
WORKFLOWS_ENV = env.choice("WORKFLOWS_ENV", env.ENVIRONMENTS, "local")

HOST = env.text("HOST", "127.0.0.1")
PORT = env.port("PORT", 8000)
PUBLIC_URL = env.address("PUBLIC_URL", f"http://{HOST}:{PORT}").rstrip("/")
# Under these names it answers; whoever asks under another that is allowed is sent to PUBLIC_URL.
SERVED_HOSTS = frozenset({urlsplit(PUBLIC_URL).netloc})

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "heroicons",
    "csp",
    "ninja",
    "vault",
    "access",
    "connections",
    "flows",
    "gmail_connector",
    "workflows_console",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "workflows_console.middleware.public_host",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "access.middleware.session_lifetime",
    "workflows_console.middleware.private_answers",
    "workflows_console.middleware.RenderConsoleErrors",
]

ROOT_URLCONF = "workflows_console.urls"
WSGI_APPLICATION = "workflows_console.wsgi.application"
ASGI_APPLICATION = "workflows_console.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "workflows_console.navigation.context",
            ],
        },
    },
]

# ------------------------------------------------------------------ database

SQLITE_OPTIONS = {
    # Without IMMEDIATE, 87 % of concurrent read-then-write transactions failed in a measurement.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;"
        "PRAGMA secure_delete=ON;PRAGMA trusted_schema=OFF"
    ),
}


def _database(url: str) -> dict[str, Any]:
    return {**dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True)}


DATABASES: dict[str, dict[str, Any]] = {
    "default": env.read(
        "DATABASE_URL",
        _database,
        {"ENGINE": "django.db.backends.sqlite3", "NAME": DATA_DIR / "console.sqlite3", "OPTIONS": SQLITE_OPTIONS},
        "postgresql://console@localhost/console",
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ATOMIC_REQUESTS = False
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "shared_cache"}}

# ------------------------------------------------------------------ people

AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "access.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # people are invited; nobody signs up
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
MFA_ADAPTER = "access.mfa.MfaAdapter"
MFA_FORMS = {
    "activate_totp": "access.mfa.ActivateForm",
    "authenticate": "access.mfa.SecondStepForm",
    "reauthenticate": "access.mfa.ConfirmForm",
}
MFA_TOTP_ISSUER = "Workflows Console"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off
MFA_RECOVERY_CODES_SHOW_ONCE = True
ONE_TIME_LINK_DAYS = 7
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
# A network's attempts, its failed ones, and failed ones with one address. Local and test settings raise them.
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key", "reauthenticate": "10/m/user"}
# How many proxies in front may say where a request came from.
ALLAUTH_TRUSTED_PROXY_COUNT = env.read("TRUSTED_PROXY_COUNT", int, 0, "1")
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_IDLE_SECONDS = 30 * 60

# A minute, counted in the shared cache. security.md, Web.
RATE_LIMITS = {"consent_start": 10, "probe": 5, "callback": 20, "hook": 600}

# Without a mail server, links to invited people are handed over by whoever invites them.
MAIL_IS_SET_UP = bool(env.secret("EMAIL_URL"))
_mail = env.mail_server("EMAIL_URL")
EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD, EMAIL_USE_TLS, EMAIL_USE_SSL = _mail
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", f"console@{urlsplit(PUBLIC_URL).hostname}")

# ------------------------------------------------------------------ web

_secure = PUBLIC_URL.startswith("https://")
COOKIE_PREFIX = "__Host-" if _secure else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}console_session"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}console_csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# A page with a form and no-referrer makes Chromium send "Origin: null", which the CSRF check refuses.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
USE_X_FORWARDED_HOST = False
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
        "manifest-src": [SELF],
    },
}
# The tones that notices are drawn in.
MESSAGE_TAGS = {message_levels.INFO: "idle", message_levels.WARNING: "warn"}
STATIC_URL = "static/"
STATIC_ROOT: Path | None = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DEFAULT_EXCEPTION_REPORTER = "workflows_console.error_reports.BareReporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "workflows_console.error_reports.NothingButFrames"
CSRF_FAILURE_VIEW = "workflows_console.error_pages.csrf_failure"
# A file of 10 MB in base64 and the rest of its form. Files of a multipart form are counted by their handler.
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 1
FILE_UPLOAD_HANDLERS = ["workflows_console.uploads.InMemory"]

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

# What is sealed: tokens, PKCE verifiers, inputs and outputs of runs, tokens that wait to be revoked, MFA seeds,
# secret values in flows.
# Each has a key ring of its own.
VAULT_PURPOSES = ("connection", "consent", "run", "revocation", "mfa", "flow")

# ------------------------------------------------------------------ Google and connections

CONSENT_MINUTES = 10
AUTHORIZATION_UNOPENED_MINUTES = 60
REFRESH_MARGIN_SECONDS = 5 * 60
DRAFT_SETTLE_SECONDS = 60
# How often a card of a flow is tried again after a passing failure, and how long after the first one
CARD_RETRIES = 5
CARD_RETRY_SECONDS = 10
# How long a failed run of a flow that doesn't save data can be resumed, and how long a run may wait
RESUMABLE_DAYS = 7
WAITING_DAYS = 7
# How long a queued run may go without a worker taking it up before it is handed over again
RUN_SWEEP_SECONDS = 10
# How long a yes about a role on a service account, or about its delegation, counts without being asked again
ROLE_FACT_MINUTES = 10
GMAIL_CONNECT_SECONDS = 5
GMAIL_READ_SECONDS = 30
# Quota units of one mailbox, of which reading a message costs 20. Projects from before May 2026 have 15000.
GMAIL_UNITS_PER_MINUTE = env.read("GMAIL_UNITS_PER_MINUTE", int, 6000, "6000")


def _days_kept(text: str) -> int:
    """At most 30: what passes through runs is kept no longer (security.md, Data policy)."""
    if not 0 <= int(text) <= 30:  # noqa: PLR2004  (as said)
        raise ValueError
    return int(text)


# Values of the first start; afterwards the database's, see connections.models.Policy.
FIRST_POLICY = {
    "allowed_domains": env.words("ALLOWED_WORKSPACE_DOMAINS"),
    "scope_ceiling": env.words("SCOPE_CEILING"),
    "refuse_consumer_accounts": env.boolean("REFUSE_CONSUMER_ACCOUNTS"),
    "retention_days": env.read("RETENTION_DAYS", _days_kept, 30, "30"),
    "privacy_url": env.text("PRIVACY_URL"),
}

# ------------------------------------------------------------------ worker

WORKER_NAME = env.text("WORKER_NAME", socket.gethostname())
WORKER_HEARTBEAT_SECONDS = env.read("WORKER_HEARTBEAT_SECONDS", float, 5.0, "5")
# A worker not heard from for so long counts as dead; when none was heard from for the longer time, /readyz says so.
WORKER_SILENT_SECONDS = env.read("WORKER_SILENT_SECONDS", float, 30.0, "30")
WORKER_MISSED_SECONDS = 60
WORKER_STOP_SECONDS = 3
# How many runs one worker has under way at once, and how often it looks for queued ones
WORKER_CONCURRENCY = env.read("WORKER_CONCURRENCY", int, 16, "16")
RUNS_POLL_SECONDS = 0.1
# How often the worker looks for what is due: six fields, seconds first.
HOUSEKEEPING = {
    "follow_runs": "*/10 * * * * *",
    "follow_flow_runs": "*/5 * * * * *",
    "adopt_runs": "*/5 * * * * *",
    "fire_schedules": "*/10 * * * * *",
    "poll_events": "*/10 * * * * *",
    "cancel_waiting": "45 13 * * * *",
    "send_revocations": "*/30 * * * * *",
    "expire_attempts": "5 * * * * *",
    "keep_alive": "20 */10 * * * *",
    "purge_history": "40 7 * * * *",
    "forget_sessions": "30 27 * * * *",
    "forget_workers": "35 37 * * * *",
    "verify_audit_trail": "15 3 4 * * *",
    "forget_housekeeping": "50 17 * * * *",
}
HOUSEKEEPING_POLL_SECONDS = 1.0
# A connection that nobody used for so long is tested: Google ends a grant that wasn't used for six months.
KEEP_ALIVE_DAYS = 30

LOG_LEVEL = env.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")
LOGGING_CONFIG = "workflows_console.logging.configure"
LOGGING = to_stderr(LOG_LEVEL)

os.umask(0o077)
