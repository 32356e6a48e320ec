"""Requests to Gmail as a person writes them, let through only where they can mean nothing but a method of Gmail's.

The path is taken apart, decoded once, judged, and written anew: what is sent is what was judged.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from kernel.errors import InputRejected

LONGEST = 2048
"""As Google's library has it: a longer GET would be sent as a POST."""
EXAMPLE = "/v1/users/me/labels"
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SEGMENT = re.compile(r"[A-Za-z0-9._~!$&'*+=:|^{}`@-]+")
_ADDRESS = re.compile(r"[^@:]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_QUERY_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^`|~-]+")
"""Of RFC 9110's letters all but the underscore, which servers read as a hyphen."""
_HEADER_VALUE = re.compile(r"[\x20-\x7e]*")

_AUTHORIZES = "The connection's own authorization is used, and no other."
_FRAMES = "The console sets it from what is sent."
_OVERRIDES = "Choose the method in Request Type."
_ROUTES = "It would say who calls, or on whose account."
_ANSWERS = "The card takes whole answers in JSON only."
_REFUSED_HEADERS: dict[str, str] = {
    "authorization": _AUTHORIZES,
    "proxy-authorization": _AUTHORIZES,
    "cookie": _AUTHORIZES,
    "cookie2": _AUTHORIZES,
    "host": _FRAMES,
    "content-length": _FRAMES,
    "content-encoding": _FRAMES,
    "transfer-encoding": _FRAMES,
    "te": _FRAMES,
    "trailer": _FRAMES,
    "connection": _FRAMES,
    "keep-alive": _FRAMES,
    "proxy-connection": _FRAMES,
    "upgrade": _FRAMES,
    "expect": _FRAMES,
    "accept-encoding": _FRAMES,
    "forwarded": _ROUTES,
    "via": _ROUTES,
    "origin": _ROUTES,
    "referer": _ROUTES,
    "x-real-ip": _ROUTES,
    "range": _ANSWERS,
    "if-range": _ANSWERS,
    "if-none-match": _ANSWERS,
    "if-modified-since": _ANSWERS,
}
_REFUSED_HEADER_FAMILIES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"x-http-method.*|x-method.*|.*method-override"), _OVERRIDES),
    (re.compile(r"x-goog-.*|x-forwarded-.*|x-original-.*|x-rewrite-.*|x-client-.*"), _ROUTES),
    (re.compile(r"proxy-.*|sec-.*"), _FRAMES),
)
_JSON_HEADERS = {"accept": ("application/json", "*/*"), "content-type": ("application/json",)}
_REFUSED_PARAMETERS: dict[str, str] = {
    "access_token": _AUTHORIZES,
    "oauth_token": _AUTHORIZES,
    "bearer_token": _AUTHORIZES,
    "key": _AUTHORIZES,
    "quotauser": _ROUTES,
    "userip": _ROUTES,
    "callback": _ANSWERS,
    "alt": _ANSWERS,
    "uploadtype": "This card uploads no files.",
    "upload_protocol": "This card uploads no files.",
}


@dataclass(frozen=True, kw_only=True)
class RawRequest:
    """One request, as it will be sent: ``path`` begins with ``/gmail/v1/users/``, ``meant`` is the same decoded."""

    method: str
    path: str
    meant: str
    query: str
    headers: Mapping[str, str]
    body: bytes | None

    @property
    def target(self) -> str:
        """What comes after the host."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def title(self) -> str:
        """The request in words, without its query: what people search for is nobody else's concern."""
        return f"{self.method} {self.path}"


class _Refused(Exception):
    """One field that isn't let through, and why in a sentence."""


def raw_request(
    method: str,
    relative_url: str,
    query: Mapping[str, Any] | None,
    headers: Mapping[str, Any] | None,
    body: Mapping[str, Any] | None,
) -> RawRequest:
    """The request, let through. :raises InputRejected: with every field that isn't, each with its reason."""
    errors: dict[str, list[str]] = {}

    def judged(field: str, judge: Callable[[], Any]) -> Any:
        try:
            return judge()
        except _Refused as refused:
            errors[field] = [str(refused)]
            return None

    segments, inline = judged("relative_url", lambda: _relative_url(relative_url)) or ((), ())
    parameters = judged("query", lambda: _query(inline, query or {})) or ()
    let_through = judged("headers", lambda: dict(_headers(headers or {}))) or {}
    content = judged("body", lambda: _body(method, body))
    path = "/" + "/".join(quote(segment, safe=":@") for segment in segments)
    encoded = urlencode(parameters)
    if not errors and len(path) + len(encoded) > LONGEST:
        errors["relative_url"] = [f"The address is longer than {LONGEST:,} characters, together with its query."]
    if errors:
        raise InputRejected(fields=errors)
    kind = {"Content-Type": "application/json"} if content is not None else {}
    return RawRequest(
        method=method,
        path=path,
        meant="/".join(segments),
        query=encoded,
        headers={"Accept": "application/json", **let_through, **kind},
        body=content,
    )


# ------------------------------------------------------------------ the address


def _relative_url(text: str) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
    """The segments of the path, decoded, and the parameters that are written behind it."""
    if _CONTROL.search(text):
        raise _Refused("Leave out line breaks and other control characters.")
    text = text.strip()
    if "#" in text:
        raise _Refused("Leave out the part from # on: it isn't sent.")
    path, _mark, query = text.partition("?")
    if "\\" in path:
        raise _Refused("Write / between the parts of the path, not a backslash.")
    if not path.startswith("/") or path.startswith("//"):
        raise _Refused(f"Enter only what comes after Gmail's host, beginning with one slash: {EXAMPLE}.")
    segments = tuple(_segment(each) for each in path[1:].split("/"))
    if segments[:1] == ("v1",):
        segments = ("gmail", *segments)
    if segments[:3] != ("gmail", "v1", "users") or len(segments) == 3:  # noqa: PLR2004  (nobody is named)
        raise _Refused(f"Only Gmail's own methods can be called, such as {EXAMPLE}.")
    return segments, _inline_query(query)


def _segment(encoded: str) -> str:
    """One part of the path, decoded. What could be read as something else by whoever decodes it next is refused."""
    if _BAD_ESCAPE.search(encoded):
        raise _Refused("A % in the path must begin an encoded character, such as %40.")
    try:
        segment = unquote(encoded, errors="strict")
    except UnicodeDecodeError:
        raise _Refused("The path holds encoded bytes that are no text.") from None
    for is_so, why in _SEGMENTS_REFUSED:
        if is_so(segment):
            raise _Refused(why)
    return segment


_SEGMENTS_REFUSED: tuple[tuple[Callable[[str], bool], str], ...] = (
    (lambda each: not each, "Leave out empty parts of the path: two slashes together, or one at the end."),
    (lambda each: "%" in each, "The path is encoded twice, or holds a % of its own. Encode it once."),
    (lambda each: "/" in each or "\\" in each, "Leave out encoded slashes and backslashes."),
    (lambda each: not each.strip("."), "Write the whole path, without . and .. in it."),
    (lambda each: not _SEGMENT.fullmatch(each), "The path holds characters that no method or id of Gmail's has."),
    (
        lambda each: "@" in each and not _ADDRESS.fullmatch(each),
        "An @ may only stand in an email address, such as /v1/users/ada@acme.example/labels.",
    ),
)


def _inline_query(text: str) -> list[tuple[str, str]]:
    if _BAD_ESCAPE.search(text):
        raise _Refused("A % behind the ? must begin an encoded character, such as %40.")
    try:
        parameters = parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict") if text else []
    except ValueError:
        raise _Refused("Write what stands behind the ? as name=value, joined by &. Or use Query.") from None
    for name, value in parameters:
        _judge_parameter(name, value)
    return parameters


# ------------------------------------------------------------------ query, headers, body


def _query(inline: tuple[tuple[str, str], ...], given: Mapping[str, Any]) -> list[tuple[str, str]]:
    twice = {name for name, _value in inline} & set(given)
    if twice:
        raise _Refused(f"{min(twice)} stands behind the ? in Relative URL too. Give it once.")
    parameters = [(name, text) for name, value in given.items() for text in _texts(name, value)]
    for name, value in parameters:
        _judge_parameter(name, value)
    return [*inline, *parameters]


def _judge_parameter(name: str, value: str) -> None:
    if not _QUERY_NAME.fullmatch(name):
        raise _Refused(f"Gmail has no parameter of this name: {name[:80]!a}.")
    if name.lower() == "alt" and value == "json":
        return
    why = _REFUSED_PARAMETERS.get(name.lower())
    if why:
        raise _Refused(f"Leave {name} out. {why}")


def _texts(name: str, value: Any) -> Iterator[str]:
    """A parameter's values: a list gives one each, as ``labelIds`` takes it."""
    for each in value if isinstance(value, list | tuple) else [value]:
        if isinstance(each, bool):
            yield "true" if each else "false"
        elif isinstance(each, str | int | float):
            yield str(each)
        else:
            raise _Refused(f"{name[:80]} must be a text, a number, yes or no, or a list of those.")


def _headers(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for name, value in given.items():
        if not _HEADER_NAME.fullmatch(name):
            raise _Refused(f"This is no name of a header: {name[:80]!a}.")
        if name.lower() in seen:
            raise _Refused(f"{name} is given twice.")
        seen.add(name.lower())
        why = _why_not(name.lower())
        if why:
            raise _Refused(f"Leave {name} out. {why}")
        yield name.title(), _header_value(name, value)


def _why_not(name: str) -> str:
    """Why a header isn't let through; empty where it is."""
    families = (why for family, why in _REFUSED_HEADER_FAMILIES if family.fullmatch(name))
    return _REFUSED_HEADERS.get(name) or next(families, "")


def _header_value(name: str, value: Any) -> str:
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise _Refused(f"{name} must be a text.")
    text = str(value).strip(" ")
    if not _HEADER_VALUE.fullmatch(text):
        raise _Refused(f"{name} may hold printable characters of ASCII only, and no line break.")
    taken = _JSON_HEADERS.get(name.lower())
    if taken and text.partition(";")[0].strip().lower() not in taken:
        raise _Refused(f"{name} can only be {taken[0]}: what goes out and comes back is JSON.")
    return text


def _body(method: str, body: Mapping[str, Any] | None) -> bytes | None:
    if body is None:
        return None
    if method not in WITH_BODY:
        raise _Refused(f"Leave the body out: {method} takes none.")
    try:
        return json.dumps(dict(body), allow_nan=False).encode()
    except (TypeError, ValueError):
        raise _Refused("The body must be JSON.") from None
