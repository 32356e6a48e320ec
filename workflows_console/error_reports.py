"""Django's crash report, without anything that could be a secret.

By default it shows local variables, the query string and settings such as ``*_KEK`` or
``DATABASE_URL``, also with DEBUG off (security-reference.md 6).
"""

from collections.abc import ItemsView
from types import FrameType, TracebackType
from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

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

    def get_safe_cookies(self, request: HttpRequest | None) -> dict[str, Any]:  # noqa: ARG002  (Django's signature)
        return {}


class BareReporter(ExceptionReporter):
    """Leaves out what no filter is asked about: the query, also in the address. Texts of errors are redacted."""

    def get_traceback_data(self) -> dict[str, Any]:
        data = super().get_traceback_data()
        if self.request is not None:
            data |= {"request_insecure_uri": self.request.path, "request_GET_items": (), "request_FILES_items": ()}
        return data

    def get_traceback_html(self) -> SafeString:
        return SafeString(redact(super().get_traceback_html()))

    def get_traceback_text(self) -> SafeString:
        return SafeString(redact(super().get_traceback_text()))
