"""The audit trail: who did what to what, when and from where."""

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from access import policy
from access.actor import actor_of
from access.audit import record
from access.audit_chain import verify_chain
from access.models import AuditHead
from access.operations.verify_audit_trail import verify_audit_trail
from access.queries import CSV_HEAD, AuditFilters, entries_for_csv, event_choices, list_entries, person_choices
from kernel.clock import now
from kernel.csv_lines import csv_lines


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__({"class": "input"}, format="%Y-%m-%d")


class FilterForm(forms.Form):
    """The filters as they stand in the address."""

    about = forms.CharField(
        label="Object",
        required=False,
        max_length=254,
        widget=forms.TextInput({"class": "input", "type": "search", "placeholder": "Name or id"}),
    )
    event = forms.ChoiceField(required=False, widget=forms.Select({"class": "select"}))
    person = forms.ChoiceField(required=False, widget=forms.Select({"class": "select"}))
    since = forms.DateField(label="From day", required=False, widget=DayInput)
    until = forms.DateField(label="To day", required=False, widget=DayInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, first, choices in (
            ("event", "Any event", event_choices()),
            ("person", "Anyone", person_choices()),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101  (as declared above)
            field.choices = [("", first), *choices]


@login_required
@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """The trail, newest first, narrowed by what the address says; a filter that can't be read narrows nothing."""
    actor = actor_of(request)
    form, filters = _filters(request)
    page = list_entries(actor, filters, page=request.GET.get("page", "1"))
    context = {
        "form": form,
        "page": page,
        "query": request.GET,
        "summary": f"{page.first:,}–{page.last:,} of {page.total:,}" if page.rows else "No entry",
        "is_filtered": filters != AuditFilters(),
        "chain": verify_chain(),
        "head": AuditHead.objects.filter(pk=1).first(),
        "can_export": policy.may(actor, "audit.export"),
    }
    return render(request, "access/audit.html", context)


def _filters(request: HttpRequest) -> tuple[FilterForm, AuditFilters]:
    form = FilterForm(request.GET)
    form.is_valid()
    return form, AuditFilters(**{name: value for name, value in form.cleaned_data.items() if value})


@login_required
@require_safe
def audit_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Every entry that the filters leave, whatever the page shows of them."""
    actor = actor_of(request)
    form, filters = _filters(request)
    rows = entries_for_csv(actor, filters)
    used = {name: str(value) for name, value in form.cleaned_data.items() if value}
    with transaction.atomic():
        record(actor, "audit.exported", kind="audit", object_id="", name="Audit trail", difference=used)
    answer = StreamingHttpResponse(csv_lines(CSV_HEAD, rows), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="audit-{now():%Y-%m-%d}.csv"'
    return answer


@login_required
@require_POST
def verify_all(request: HttpRequest) -> HttpResponse:
    """Check every entry now."""
    policy.require(actor_of(request), "audit.view")
    verify_audit_trail()
    return redirect("audit")
