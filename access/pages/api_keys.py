"""API keys: which there are, a new one, and ending one."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from access import policy
from access.actor import Actor, actor_of
from access.operations.create_api_key import DEFAULT_DAYS, MAX_NAME, MOST_DAYS, create_api_key
from access.operations.revoke_api_key import revoke_api_key
from access.people_queries import list_keys
from access.permissions import WORDS
from access.reauthentication import require_fresh
from kernel.errors import InputRejected


class NewKeyForm(forms.Form):
    """Only permissions that the person has are offered: a key never has more."""

    name = forms.CharField(
        label="Name",
        max_length=MAX_NAME,
        help_text="What the key is for. It tells this key from others.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    days = forms.IntegerField(
        label="Good for so many days",
        min_value=1,
        max_value=MOST_DAYS,
        initial=DEFAULT_DAYS,
        help_text=f"At most {MOST_DAYS}.",
    )
    permissions = forms.MultipleChoiceField(
        label="Permissions",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Tick at least one permission."},
    )

    def __init__(self, request: HttpRequest, actor: Actor) -> None:
        super().__init__(request.POST or None)
        offered = self.fields["permissions"]
        assert isinstance(offered, forms.MultipleChoiceField)  # noqa: S101  (as declared above)
        offered.choices = [(name, words) for name, words in WORDS.items() if policy.may(actor, name)]


@login_required
@require_safe
def api_keys(request: HttpRequest) -> HttpResponse:
    page, rows = list_keys(actor_of(request), page=request.GET.get("page", "1"))
    first, last, total = page.start_index(), page.end_index(), page.paginator.count
    context = {
        "rows": rows,
        "page": {"number": page.number, "has_next": page.has_next()},
        "summary": f"{first:,}–{last:,} of {total:,}",
    }
    return render(request, "settings/api_keys.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new_api_key(request: HttpRequest) -> HttpResponse:
    """The form, or the key that came of it: shown once, so it stands on the answer itself."""
    actor = actor_of(request)
    policy.require(actor, "api_key.manage")
    if detour := require_fresh(request):
        return detour
    form = NewKeyForm(request, actor)
    if request.method == "POST" and form.is_valid():
        try:
            made = create_api_key(actor, owner=actor.person, **form.cleaned_data)
        except InputRejected as error:
            for name, texts in error.fields.items():
                form.add_error(name, list(texts))
        else:
            return render(request, "settings/new_api_key.html", {"made": made})
    return render(request, "settings/api_key_form.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@require_POST
def revoke(request: HttpRequest, key_id: UUID) -> HttpResponse:
    if detour := require_fresh(request):
        return detour
    key = revoke_api_key(actor_of(request), key_id)
    messages.info(request, f"The API key “{key.name}” is revoked. Nothing accepts it any more.")
    return redirect("api_keys")
