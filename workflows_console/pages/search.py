"""Search: the page behind the box in the top bar. It works without scripts; with them it follows what is typed."""

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from workflows_console.search import search_for

MOST_OF_A_KIND = 10


class SearchForm(forms.Form):
    """What can't be searched for counts as nothing."""

    q = forms.CharField(required=False, max_length=320)


@login_required
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    form = SearchForm(request.GET)
    form.is_valid()
    text = form.cleaned_data.get("q", "")
    groups = search_for(request, text, most=MOST_OF_A_KIND) if text else ()
    total = sum(group.total for group in groups)
    said = f"{total:,} result{'' if total == 1 else 's'}" if total else "Nothing found"
    return render(request, "search.html", {"text": text, "groups": groups, "said": said if text else ""})
