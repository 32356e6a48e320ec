"""Every address of the console."""

from django.urls import include, path

from workflows_console import health
from workflows_console.api import api
from workflows_console.pages.help import help_page
from workflows_console.pages.home import home

urlpatterns = [
    path("", home, name="home"),
    path("help/", help_page, name="help"),
    path("", include("access.urls")),
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
