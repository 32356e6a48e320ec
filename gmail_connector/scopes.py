"""The scopes of Gmail's cards: which will do for what, what is asked by default, and each in plain words."""

from connections.extensions import SCOPE_PREFIX, ScopeText, Sensitivity

READONLY = f"{SCOPE_PREFIX}gmail.readonly"
COMPOSE = f"{SCOPE_PREFIX}gmail.compose"
SEND = f"{SCOPE_PREFIX}gmail.send"
MODIFY = f"{SCOPE_PREFIX}gmail.modify"
METADATA = f"{SCOPE_PREFIX}gmail.metadata"
SETTINGS_BASIC = f"{SCOPE_PREFIX}gmail.settings.basic"
SETTINGS_SHARING = f"{SCOPE_PREFIX}gmail.settings.sharing"
CLOUD_PLATFORM = f"{SCOPE_PREFIX}cloud-platform"
MAIL = "https://mail.google.com/"

DEFAULT_SCOPES = (READONLY, COMPOSE, SETTINGS_SHARING, CLOUD_PLATFORM)

# Any one of a group will do, the default scope first (google-facts.md 6, from Gmail's discovery document).
READ_MAIL = (READONLY, MODIFY, MAIL)
READ_HEADERS = (READONLY, MODIFY, MAIL, METADATA)
SEND_MAIL = (COMPOSE, SEND, MODIFY, MAIL)
WRITE_DRAFTS = (COMPOSE, MODIFY, MAIL)
READ_PROFILE = (READONLY, COMPOSE, MODIFY, MAIL, METADATA)
READ_SEND_AS = (READONLY, SETTINGS_BASIC, MODIFY, MAIL)

SCOPE_TEXTS = (
    ScopeText(
        scope=READONLY,
        title="Read all mail and settings",
        sensitivity=Sensitivity.RESTRICTED,
        serves="Also lets Send Email check a From address, and find a message whose answer was lost.",
    ),
    ScopeText(
        scope=COMPOSE,
        title="Write drafts and send mail",
        sensitivity=Sensitivity.RESTRICTED,
        serves="With a draft, a message is sent exactly once.",
    ),
    ScopeText(
        scope=SEND,
        title="Send mail, nothing else",
        sensitivity=Sensitivity.SENSITIVE,
        serves="Sends without that guarantee. Not needed beside gmail.compose.",
    ),
    ScopeText(
        scope=MODIFY,
        title="Read, write, label and trash mail",
        sensitivity=Sensitivity.RESTRICTED,
        serves="Covers gmail.readonly and gmail.compose.",
    ),
    ScopeText(
        scope=SETTINGS_SHARING,
        title="Manage forwarding, aliases and delegates",
        sensitivity=Sensitivity.RESTRICTED,
        serves="Forward Emails asks for it, beside the service account through which it works.",
    ),
    ScopeText(
        scope=CLOUD_PLATFORM,
        title="See and use Google Cloud projects",
        sensitivity=Sensitivity.SENSITIVE,
        serves=(
            "Lists projects and service accounts, tests your role and signs for the service account that acts on a "
            "mailbox."
        ),
        warning=(
            "Google Cloud session control may end this grant every few hours. A Workspace administrator can exempt "
            "the app. Without this scope the cards that need no role still work."
        ),
    ),
)
