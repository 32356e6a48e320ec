"""Settings, Policy: what this console allows."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from access import policy
from access.actor import actor_of
from connections.models import Policy
from connections.operations.change_policy import LONGEST_RETENTION, change_policy
from kernel.errors import EditStale, InputRejected


class PolicyForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    allowed_domains = forms.CharField(
        label="Allowed domains",
        required=False,
        max_length=20_000,
        help_text="One a line, such as example.com. Only accounts of these Google Workspace domains can become "
        "connections. Empty: any domain.",
        widget=forms.Textarea({"rows": 4, "class": "textarea--list", "spellcheck": "false"}),
    )
    scope_ceiling = forms.CharField(
        label="Scope ceiling",
        required=False,
        max_length=20_000,
        help_text="One a line, such as gmail.readonly. Nobody can ask Google for any other scope. Empty: any scope.",
        widget=forms.Textarea({"rows": 6, "class": "textarea--code", "spellcheck": "false"}),
    )
    refuse_consumer_accounts = forms.BooleanField(
        label="Refuse personal accounts",
        required=False,
        help_text="Otherwise one can be saved as Unsupported account, and no card runs with it.",
    )
    retention_days = forms.IntegerField(
        label="Days that data of runs is kept",
        min_value=0,
        max_value=LONGEST_RETENTION,
        help_text=f"What passed through a run is destroyed after so many days, at most {LONGEST_RETENTION}. "
        "That it ran stays in its history.",
    )
    privacy_url = forms.CharField(
        label="Privacy page",
        required=False,
        max_length=500,
        help_text="The address of your own page. New Connection links to it.",
        widget=forms.URLInput({"placeholder": "https://"}),
    )


def _initial(rules: Policy) -> dict[str, Any]:
    return {
        "version": rules.version,
        "allowed_domains": "\n".join(rules.allowed_domains),
        "scope_ceiling": "\n".join(rules.scope_ceiling),
        "refuse_consumer_accounts": rules.refuse_consumer_accounts,
        "retention_days": rules.retention_days,
        "privacy_url": rules.privacy_url,
    }


@login_required
@require_http_methods(["GET", "POST"])
def settings_policy(request: HttpRequest) -> HttpResponse:
    """The form; a stale or wrong entry comes back as it was typed."""
    actor = actor_of(request)
    policy.require(actor, "policy.manage")
    rules = Policy.current()
    form = PolicyForm(request.POST if request.method == "POST" else None, initial=_initial(rules))
    stale: EditStale | None = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        lists = {name: given.pop(name).splitlines() for name in ("allowed_domains", "scope_ceiling")}
        try:
            change_policy(actor, **given, **lists)
        except InputRejected as error:
            for name, texts in error.fields.items():
                form.add_error(name, list(texts))
        except EditStale as error:
            stale = error
        else:
            messages.info(request, "The policy is saved. It holds for every authorization from now on.")
            return redirect("policy")
    context = {"form": form, "stale": stale, "rules": rules}
    status = stale.status if stale else 422 if form.is_bound else 200
    return render(request, "settings/policy.html", context, status=status)
