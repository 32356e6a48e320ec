"""What every part of the API finds in its requests."""

from django.http import HttpRequest

from access.actor import Actor


class ActorRequest(HttpRequest):
    """A request after authentication (access.api_auth sets the actor)."""

    actor: Actor
