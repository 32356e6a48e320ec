"""Files of a form: in memory, and of one that is too large no more than shows that it is."""

from io import BytesIO

import pytest
from django.core.exceptions import TooManyFilesSent
from django.core.files.uploadedfile import InMemoryUploadedFile, SimpleUploadedFile
from django.http import HttpRequest
from django.test import RequestFactory

from workflows_console.uploads import MOST_BYTES


def sent(*contents: bytes) -> HttpRequest:
    files = {f"file{number}": SimpleUploadedFile("a.bin", content) for number, content in enumerate(contents)}
    return RequestFactory().post("/", {"name": "kept", **files})


@pytest.mark.parametrize(
    ("size", "kept"), [(1, 1), (MOST_BYTES, MOST_BYTES), (MOST_BYTES + 1, MOST_BYTES + 1), (30 << 20, MOST_BYTES + 1)]
)
def test_a_file_is_kept_in_memory_and_never_far_beyond_the_limit(size: int, kept: int) -> None:
    request = sent(b"x" * size)
    file = request.FILES["file0"]
    assert isinstance(file, InMemoryUploadedFile)
    assert isinstance(file.file, BytesIO)
    assert (file.name, file.size, len(file.read())) == ("a.bin", kept, kept)
    assert request.POST["name"] == "kept"


def test_more_files_than_a_card_takes_are_refused() -> None:
    with pytest.raises(TooManyFilesSent):
        _files = sent(b"a", b"b").FILES
