"""Every address of the console."""

from django.urls import include, path

from connections.pages.settings_google_client import settings_google_client
from connections.pages.settings_policy import settings_policy
from workflows_console import health
from workflows_console.api import api
from workflows_console.pages.about import about
from workflows_console.pages.help import help_page
from workflows_console.pages.home import home
from workflows_console.pages.search import search
from workflows_console.pages.vault_keys import vault_keys
from workflows_console.pages.workers import workers

urlpatterns = [
    path("", home, name="home"),
    path("search/", search, name="search"),
    path("help/", help_page, name="help"),
    path("", include("access.urls")),
    path("settings/policy/", settings_policy, name="policy"),
    path("settings/google-client/", settings_google_client, name="google_client"),
    path("settings/vault-keys/", vault_keys, name="vault_keys"),
    path("settings/workers/", workers, name="workers"),
    path("settings/about/", about, name="about"),
    path("connections/", include("connections.urls")),
    path("", include("flows.urls")),
    path("api/v1/", api.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]

handler403 = "workflows_console.error_pages.permission_denied"
handler404 = "workflows_console.error_pages.page_not_found"
handler429 = "access.pages.sign_in.too_many_sign_ins"  # allauth's, when a network signs in too often
handler500 = "workflows_console.error_pages.server_error"
