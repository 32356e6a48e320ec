"""What a connection may be called and described as. New connections and renamed ones are held to the same."""

from uuid import UUID

from connections.errors import NicknameTaken
from connections.models import Connection, nickname_key
from kernel.errors import InputRejected

MAX_NICKNAME = 80
MAX_NICKNAME_KEY = 240
MAX_DESCRIPTION = 500


def trimmed(nickname: str) -> str:
    """The nickname as it is kept: no space around it, and single ones within."""
    return " ".join(nickname.split())


def check_texts(nickname: str, description: str) -> None:
    """:raises InputRejected: one of them is missing, too long, or can't be shown."""
    fields: dict[str, list[str]] = {}
    if not nickname:
        fields["nickname"] = ["Enter a nickname. It names the connection in every flow."]
    elif len(nickname) > MAX_NICKNAME:
        fields["nickname"] = [f"Use at most {MAX_NICKNAME} characters; these are {len(nickname)}."]
    elif not nickname.isprintable() or len(nickname_key(nickname)) > MAX_NICKNAME_KEY:
        fields["nickname"] = ["Leave out characters that can't be shown."]
    if len(description) > MAX_DESCRIPTION:
        fields["description"] = [f"Use at most {MAX_DESCRIPTION} characters; these are {len(description)}."]
    elif "\0" in description:
        fields["description"] = ["Leave out characters that can't be shown."]
    if fields:
        raise InputRejected(fields=fields)


def check_free(connector: str, nickname: str, *, but_for: UUID | None = None) -> None:
    """:raises NicknameTaken: a connection of the connector has it, other than the one of the id ``but_for``."""
    key = nickname_key(nickname)
    # PostgreSQL refuses to be asked for some characters that can't be shown; nothing is called so.
    if not key.isprintable():
        return
    holder = Connection.objects.filter(connector=connector, nickname_key=key, deleted_at=None).first()
    if holder and holder.pk != but_for:
        raise nickname_taken(nickname)


def nickname_taken(nickname: str) -> NicknameTaken:
    """The error for a nickname that another connection of the connector has."""
    return NicknameTaken(fields={"nickname": [f"Another connection is called “{nickname}”."]})
