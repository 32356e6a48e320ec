"""One person: their roles, sign-in, sessions, and whether they may come in."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from access.actor import Actor, actor_of
from access.mail import link_url, mail_link
from access.models import User
from access.operations.change_roles import change_roles
from access.operations.deactivate_person import deactivate_person
from access.operations.end_sessions import end_sessions
from access.operations.reactivate_person import reactivate_person
from access.operations.remove_mfa import remove_mfa
from access.operations.renew_link import renew_link
from access.pages.people import RolesForm
from access.people_queries import person_details
from access.reauthentication import require_fresh


@login_required
@require_http_methods(["GET", "POST"])
def person(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Everything about them; a POST says their roles anew."""
    actor = actor_of(request)
    details = person_details(actor, person_id)
    form = RolesForm(request.POST if request.method == "POST" else None, initial={"roles": details.roles})
    if request.method == "POST":
        if detour := require_fresh(request):
            return detour
        if form.is_valid():
            change_roles(actor, person=details.person, roles=form.chosen())
            messages.info(request, f"The roles of {details.person} are saved.")
            return redirect("person", person_id)
    context = {"details": details, "form": form, "is_self": actor.user_id == details.person.pk}
    return render(request, "settings/person.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def person_link(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """A new one-time link, shown once."""
    if detour := require_fresh(request):
        return detour
    actor = actor_of(request)
    link = renew_link(actor, person=person_details(actor, person_id).person)
    context = {"link": link, "url": link_url(link), "was_mailed": mail_link(link, by=str(actor.person))}
    return render(request, "settings/link.html", context)


def _act(act: Callable[[Actor, User], Any], done: str) -> Callable[..., HttpResponse]:
    """A page that does one thing to a person and goes back to them, saying so."""

    @login_required
    @require_POST
    def page(request: HttpRequest, person_id: UUID) -> HttpResponse:
        if detour := require_fresh(request):
            return detour
        actor = actor_of(request)
        who = person_details(actor, person_id).person
        act(actor, who)
        messages.info(request, done.format(who=who))
        return redirect("person", person_id)

    return page


deactivate = _act(
    lambda actor, who: deactivate_person(actor, person=who), "{who} is deactivated and signed out everywhere."
)
reactivate = _act(lambda actor, who: reactivate_person(actor, person=who), "{who} can sign in again.")
sign_out = _act(lambda actor, who: end_sessions(actor, person=who), "{who} is signed out everywhere.")
take_mfa = _act(lambda actor, who: remove_mfa(actor, person=who), "{who} signs in with the password alone from now on.")
