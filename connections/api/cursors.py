"""Cursors of the API's lists: a page's number, which callers pass on unchanged."""

import base64
import binascii

from kernel.errors import InputRejected


def cursor_of(page: int) -> str:
    return base64.urlsafe_b64encode(f"page:{page}".encode()).decode().rstrip("=")


def page_of(cursor: str) -> int:
    """The page; the first one where the cursor is empty. :raises InputRejected: the cursor is none of ours."""
    if not cursor:
        return 1
    try:
        kind, _, number = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(":")
        page = int(number)
    except (ValueError, binascii.Error):
        kind, page = "", 0
    if kind != "page" or page < 1:
        raise InputRejected(fields={"cursor": ["Send the next_cursor of an earlier answer, unchanged."]})
    return page
