"""What holds for every request: the one host name, answers that no cache keeps, errors in one voice."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from kernel.errors import ConsoleError
from workflows_console.error_pages import render_error

GetResponse = Callable[[HttpRequest], HttpResponse]

# Probes ask by address or service name; they show nothing that a host name protects.
_PROBES = frozenset({"/healthz", "/readyz"})


def public_host(get_response: GetResponse) -> GetResponse:
    """Send requests under another of the allowed names to PUBLIC_URL, where the cookies are."""
    public = urlsplit(settings.PUBLIC_URL).netloc

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path in _PROBES:
            request.META["HTTP_HOST"] = public
        elif request.get_host() not in settings.SERVED_HOSTS and request.method in {"GET", "HEAD"}:
            return HttpResponseRedirect(f"{settings.PUBLIC_URL}{request.get_full_path()}")
        return get_response(request)

    return middleware


def private_answers(get_response: GetResponse) -> GetResponse:
    """Headers that keep answers out of caches and other sites (Django sets the rest)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        return response

    return middleware


class RenderConsoleErrors:
    """Every ConsoleError that a page raises becomes a page with cause, remedy and who can apply it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return render_error(request, exception) if isinstance(exception, ConsoleError) else None
