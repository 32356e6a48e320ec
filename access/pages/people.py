"""People: who is here, and inviting somebody."""

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from access import policy
from access.actor import actor_of
from access.mail import link_url, mail_link
from access.operations.invite_person import invite_person
from access.people_queries import list_people
from access.permissions import Role
from access.reauthentication import require_fresh
from kernel.errors import InputRejected

ROLE_CHOICES = [(role.value, role.value) for role in Role]


class RolesForm(forms.Form):
    roles = forms.MultipleChoiceField(
        choices=ROLE_CHOICES, required=False, widget=forms.CheckboxSelectMultiple, label="Roles"
    )

    def chosen(self) -> list[Role]:
        return [Role(value) for value in self.cleaned_data["roles"]]


class InviteForm(RolesForm):
    email = forms.EmailField(label="Email address", max_length=254, widget=forms.EmailInput({"autocomplete": "off"}))
    name = forms.CharField(label="Name", required=False, max_length=120)


@login_required
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Everybody, by name."""
    search = request.GET.get("search", "")
    page, rows = list_people(actor_of(request), search=search, page=request.GET.get("page", "1"))
    first, last, total = page.start_index(), page.end_index(), page.paginator.count
    context = {
        "rows": rows,
        "page": {"number": page.number, "has_next": page.has_next()},
        "summary": f"{first:,}–{last:,} of {total:,}" if rows else "Nobody",
        "search": search,
    }
    return render(request, "settings/people.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    """The form, or the link that came of it: shown once, so it stands on the answer itself."""
    actor = actor_of(request)
    policy.require(actor, "people.manage")
    if detour := require_fresh(request):
        return detour
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given: dict[str, Any] = form.cleaned_data
        try:
            link = invite_person(actor, email=given["email"], name=given["name"], roles=form.chosen())
        except InputRejected as error:
            for name, texts in error.fields.items():
                form.add_error(name, list(texts))
        else:
            context = {"link": link, "url": link_url(link), "was_mailed": mail_link(link, by=str(actor.person))}
            return render(request, "settings/link.html", context)
    return render(request, "settings/invite.html", {"form": form}, status=422 if form.errors else 200)
