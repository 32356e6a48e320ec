"""The frame of every page the sandbox shows. Markup escapes whatever is put into it."""

from collections.abc import Iterable
from pathlib import Path

from markupsafe import Markup
from werkzeug.exceptions import NotFound
from werkzeug.utils import send_from_directory
from werkzeug.wrappers import Response

from google_sandbox.request import SandboxRequest

HEADERS = {
    # No form-action: Chromium applies it to the redirect back to the console as well
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

FRAME = Markup("""<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Google sandbox · {title}</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="/_sandbox/static/tokens.css">
  <link rel="stylesheet" href="/_sandbox/static/components.css">
  <link rel="stylesheet" href="/_sandbox/static/sandbox.css">
</head>
<body>
<svg width="0" height="0" hidden>
  <symbol id="i-ok" viewBox="0 0 20 20" fill="none"><circle cx="10" cy="10" r="7.25"/><path d="m6.8 10.3 2.2 2.2 4.3-4.8"/></symbol>
  <symbol id="i-practice" viewBox="0 0 20 20" fill="none"><rect x="3" y="3" width="14" height="14" rx="2" stroke-dasharray="3 2.4"/><path d="M7 10h6M10 7v6"/></symbol>
  <symbol id="i-right" viewBox="0 0 20 20" fill="none"><path d="m7.75 5.5 4.5 4.5-4.5 4.5"/></symbol>
  <symbol id="i-bad" viewBox="0 0 20 20" fill="none"><circle cx="10" cy="10" r="7.25"/><path d="M10 6.25v4.5M10 13.5v.25"/></symbol>
</svg>
<main class="sandbox{wide}">
  <div class="sandbox__sign"><svg class="icon" aria-hidden="true"><use href="#i-practice"/></svg><p><strong>Google sandbox</strong><span class="muted">A stand-in to practice with, not Google. No Google account is touched.</span></p></div>
{body}
</main>
</body>
</html>
""")  # noqa: E501  (the drawings are one line each)

NOT_FOUND = Markup("""  <div class="sandbox__card panel__body">
    <h1>Not found</h1>
    <p class="muted">404. Google has nothing at this address, or not for this method. <a href="/_sandbox/">The sandbox's own page</a></p>
  </div>""")  # noqa: E501  (one sentence)

ERROR = Markup("""  <div class="sandbox__card panel__body stack">
    <div>
      <h1>Access blocked</h1>
      <p class="muted">{explanation}</p>
    </div>
    <p><strong>Error {status}: {code}</strong></p>
    <p class="small muted breakable">{message}</p>
    {details}
  </div>
  <p class="small muted">Google shows such a page and does not go back to the app. The app never hears of it.</p>""")

STYLES = Path(__file__).with_name("static")


def page(title: str, body: Markup, status: int = 200, *, wide: bool = False) -> Response:
    content = FRAME.format(title=title, body=body, wide=" sandbox--wide" if wide else "")
    return Response(content, status, HEADERS, content_type="text/html; charset=utf-8")


def joined(parts: Iterable[Markup]) -> Markup:
    return Markup("\n").join(parts)


def not_found(_request: SandboxRequest) -> Response:
    return page("Not found", NOT_FOUND, 404)


def error_page(
    status: int, code: str, message: str, *, explanation: str = "", details: dict[str, str] | None = None
) -> Response:
    """One of Google's own error pages, from which nothing leads back to the app."""
    row = Markup('<div><dt>{}</dt><dd><code class="breakable">{}</code></dd></div>')
    rows = joined(row.format(name, value) for name, value in (details or {}).items())
    return page(
        f"Error {status}: {code}",
        ERROR.format(
            status=status,
            code=code,
            message=message,
            explanation=explanation or "The request of this app is not valid.",
            details=Markup('<dl class="kv">{}</dl>').format(rows) if details else "",
        ),
        status,
    )


def stylesheet(request: SandboxRequest, name: str) -> Response:
    """The console's two stylesheets and the sandbox's own, which only adds width."""
    for directory in (STYLES, Path(request.sandbox.stylesheets)):
        try:
            return send_from_directory(directory, name, request.environ, max_age=0)
        except NotFound:
            continue
    return not_found(request)
