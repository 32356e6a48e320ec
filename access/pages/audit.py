"""The audit trail: who did what to what, when and from where."""

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from access.actor import actor_of
from access.queries import AuditFilters, event_choices, list_entries, person_choices, verify_chain


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
    form = FilterForm(request.GET)
    form.is_valid()
    filters = AuditFilters(**{name: value for name, value in form.cleaned_data.items() if value})
    page = list_entries(actor_of(request), filters, page=request.GET.get("page", "1"))
    context = {
        "form": form,
        "page": page,
        "query": request.GET,
        "summary": f"{page.first:,}–{page.last:,} of {page.total:,}" if page.rows else "No entry",
        "is_filtered": filters != AuditFilters(),
        "chain": verify_chain(),
    }
    return render(request, "access/audit.html", context)
