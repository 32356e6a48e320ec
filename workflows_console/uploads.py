"""Files that come with a form: in memory, so that none lies on a disk in clear, and not more of them than may be."""

import io
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler

MOST_BYTES = 10 * 1024 * 1024


class InMemory(FileUploadHandler):
    """Of a file that is too large just one byte too many is kept: whoever checks its size sees that it is.

    ``DATA_UPLOAD_MAX_NUMBER_FILES`` says how many there may be.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.kept = io.BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.kept.write(raw_data[: max(0, MOST_BYTES + 1 - start)])

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:  # noqa: ARG002  (Django's signature)
        size = self.kept.tell()
        self.kept.seek(0)
        return InMemoryUploadedFile(
            self.kept, self.field_name, str(self.file_name), self.content_type, size, self.charset
        )
