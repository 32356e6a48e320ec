"""A person at the sandbox's pages: choose the account, enter the password, tick boxes, allow."""

import html
import re
from collections.abc import Collection
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

TIMEOUT = 30
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class NotConsented(Exception):
    """Google showed a page of its own and didn't send the browser back."""


class Visitor:
    """A browser at Google. It keeps its cookies and never follows a redirect away from Google."""

    def __init__(self) -> None:
        self.session = requests.Session()

    def _go(self, method: str, url: str, data: dict[str, object] | None = None) -> requests.Response:
        response = self.session.request(method, url, data=data, timeout=TIMEOUT, allow_redirects=False)
        while response.status_code in REDIRECTS:
            target = urljoin(response.url, response.headers["Location"])
            if urlsplit(target).netloc != urlsplit(response.url).netloc:
                return response
            response = self.session.get(target, timeout=TIMEOUT, allow_redirects=False)
        return response

    def consent(
        self, google_url: str, account: str, *, withhold: Collection[str] = (), answer: str = "allow"
    ) -> dict[str, list[str]]:
        """The parameters that Google sends back, each with all its values.

        :param withhold: scopes whose boxes stay unticked; all others are ticked.
        :raises NotConsented: Google didn't send the browser back.
        """
        page = self._go("GET", google_url)
        page = self._submit(page, "/signin/accounts", account=account)
        if 'name="password"' in page.text:
            shown = re.search(r"password here is <code>([^<]+)</code>", page.text)
            if shown is None:
                raise NotConsented(page.url)
            page = self._submit(page, "/signin/password", password=html.unescape(shown.group(1)))
        boxes = [html.unescape(box) for box in re.findall(r'name="scope" value="([^"]+)"', page.text)]
        ticked = [scope for scope in boxes if scope not in withhold]
        page = self._submit(page, "/signin/consent", answer=answer, scope=ticked)
        if page.status_code not in REDIRECTS:
            raise NotConsented(page.url)
        return parse_qs(urlsplit(page.headers["Location"]).query, keep_blank_values=True)

    def _submit(self, page: requests.Response, path: str, **fields: object) -> requests.Response:
        flow = re.search(r'name="flow" value="([^"]+)"', page.text)
        if flow is None:
            raise NotConsented(f"{page.status_code} {page.url}")
        return self._go("POST", urljoin(page.url, path), {"flow": html.unescape(flow.group(1)), **fields})
