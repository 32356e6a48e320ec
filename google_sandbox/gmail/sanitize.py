"""What Gmail keeps of a page that somebody gives it as a signature or an answer: nothing that runs."""

from collections.abc import Iterable, Iterator
from html import escape
from html.parser import HTMLParser

DROPPED = frozenset({"script", "style", "iframe", "object", "embed", "form", "head", "title"})
LINKS = frozenset({"href", "src"})
SCHEMES = ("http:", "https:", "mailto:", "tel:", "cid:", "#")


class _Kept(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.pieces: list[str] = []
        self._dropped: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in DROPPED:
            self._dropped.append(tag)
        self._keep(f"<{tag}{''.join(_attributes(attrs))}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in DROPPED:
            self._keep(f"<{tag}{''.join(_attributes(attrs))}>")

    def handle_endtag(self, tag: str) -> None:
        self._keep(f"</{tag}>")
        if self._dropped and self._dropped[-1] == tag:
            self._dropped.pop()

    def handle_data(self, data: str) -> None:
        self._keep(data)

    def handle_entityref(self, name: str) -> None:
        self._keep(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._keep(f"&#{name};")

    def _keep(self, piece: str) -> None:
        if not self._dropped:
            self.pieces.append(piece)


def sanitized(page: str) -> str:
    parser = _Kept()
    parser.feed(page)
    parser.close()
    return "".join(parser.pieces)


def _attributes(attrs: Iterable[tuple[str, str | None]]) -> Iterator[str]:
    for name, value in attrs:
        text = (value or "").strip()
        if name.startswith("on") or (name in LINKS and not text.lower().startswith(SCHEMES)):
            continue
        yield f' {name}="{escape(text)}"'
