"""Where a person lands after signing in: the Connections list, which says what needs attention."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  (Django's signature)
    return redirect("connections")
