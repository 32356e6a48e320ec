"""Django's crash report, without anything that could be a secret.

By default it shows local variables, the query string and settings such as ``*_KEK`` or
``DATABASE_URL``, also with DEBUG off (security-reference.md 6).
"""

from collections.abc import ItemsView
from types import FrameType, TracebackType
from typing import Any

from django.http import HttpRequest, QueryDict
from django.views.debug import SafeExceptionReporterFilter

from kernel.redaction import redact


class NothingButFrames(SafeExceptionReporterFilter):
    """Files, lines and functions stay; values of variables, settings, query and form do not."""

    def is_active(self, request: HttpRequest | None) -> bool:  # noqa: ARG002  (Django's signature)
        return True

    def get_safe_settings(self) -> dict[str, Any]:
        return dict.fromkeys(super().get_safe_settings(), self.cleansed_substitute)

    def get_safe_request_meta(self, request: HttpRequest | None) -> dict[str, Any]:
        kept = ("REQUEST_METHOD", "PATH_INFO", "SERVER_PROTOCOL")
        return {name: redact(str(request.META[name])) for name in kept if request and name in request.META}

    def get_post_parameters(self, request: HttpRequest | None) -> QueryDict:  # noqa: ARG002  (Django's signature)
        return QueryDict()

    def get_traceback_frame_variables(
        self,
        request: HttpRequest | None,  # noqa: ARG002  (Django's signature)
        tb_frame: FrameType | TracebackType,  # noqa: ARG002
    ) -> ItemsView[str, Any]:
        return {}.items()
