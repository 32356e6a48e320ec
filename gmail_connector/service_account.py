"""What every card asks that works through a service account: which project's, and which service account."""

from flows.cards import Fields, field

PROJECTS, SERVICE_ACCOUNTS = "projects", "service_accounts"
ENTER = "enter_service_account_email"
"""The choice beside the projects: the address is typed instead."""


class ServiceAccountOptions(Fields):
    """Left empty, they are the connection's own default project and service account."""

    project: str | None = field(
        "Google Cloud Platform Project",
        help="A project that the connection's account sees. Empty means the connection's default.",
        choices_from=PROJECTS,
        default=None,
    )
    service_account: str | None = field(
        "Service Account",
        help="The service account that acts on the mailbox. Empty means the connection's default.",
        choices_from=SERVICE_ACCOUNTS,
        default=None,
    )


class ServiceAccountInputs(Fields):
    """The address of a service account that isn't listed."""

    service_account_email: str | None = field(
        "Service Account: Email",
        help="The address of a service account that the lists don't show.",
        when={"project": ENTER},
        default=None,
    )
