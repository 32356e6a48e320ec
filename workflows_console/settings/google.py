"""Where Google is: the real addresses, or the sandbox's. Only here, and in checks, are the two told apart."""

from dataclasses import dataclass, fields
from urllib.parse import urlsplit

from workflows_console.settings import env

CLIENT_SUFFIX = ".apps.googleusercontent.com"
"""How every client id of the real Google ends, and none of the sandbox's."""
HOSTS = ("google.com", "googleapis.com")


@dataclass(frozen=True, kw_only=True)
class GoogleAddresses:
    """Addresses of Google's services. Each can be overridden by the variable of the same name in capitals."""

    google_authorization_url: str
    google_token_url: str
    google_revocation_url: str
    google_tokeninfo_url: str
    google_certs_url: str
    google_issuer: str
    gmail_api_url: str
    resource_manager_api_url: str
    iam_api_url: str
    iam_credentials_api_url: str

    @property
    def origins(self) -> frozenset[str]:
        """Scheme and host of each, for the guard on outgoing requests."""
        parts = (urlsplit(getattr(self, each.name)) for each in fields(self))
        return frozenset(f"{each.scheme}://{each.netloc}" for each in parts)


REAL = GoogleAddresses(
    google_authorization_url="https://accounts.google.com/o/oauth2/v2/auth",
    google_token_url="https://oauth2.googleapis.com/token",  # noqa: S106  (an address)
    google_revocation_url="https://oauth2.googleapis.com/revoke",
    google_tokeninfo_url="https://oauth2.googleapis.com/tokeninfo",
    google_certs_url="https://www.googleapis.com/oauth2/v1/certs",
    google_issuer="https://accounts.google.com",
    gmail_api_url="https://gmail.googleapis.com",
    resource_manager_api_url="https://cloudresourcemanager.googleapis.com",
    iam_api_url="https://iam.googleapis.com",
    iam_credentials_api_url="https://iamcredentials.googleapis.com",
)


def sandbox_addresses(origin: str) -> GoogleAddresses:
    """The same services on the sandbox, which answers for all of Google's hosts at one origin."""
    return GoogleAddresses(
        google_authorization_url=f"{origin}/o/oauth2/v2/auth",
        google_token_url=f"{origin}/token",
        google_revocation_url=f"{origin}/revoke",
        google_tokeninfo_url=f"{origin}/tokeninfo",
        google_certs_url=f"{origin}/oauth2/v1/certs",
        google_issuer=origin,
        gmail_api_url=origin,
        resource_manager_api_url=origin,
        iam_api_url=origin,
        iam_credentials_api_url=origin,
    )


def with_overrides(addresses: GoogleAddresses, *, https_only: bool) -> GoogleAddresses:
    """The addresses after the environment had its say."""
    names = [each.name for each in fields(addresses)]
    chosen = {name: env.address(name.upper(), getattr(addresses, name), https_only=https_only) for name in names}
    return GoogleAddresses(**chosen)


def is_real(address: str) -> bool:
    """Whether it leads to Google itself."""
    host = urlsplit(address).hostname or ""
    return any(host == each or host.endswith(f".{each}") for each in HOSTS)


def refuse_mixture(client_id: str, addresses: GoogleAddresses, sandbox: str | None) -> None:
    """A real client never goes to the sandbox, and the sandbox's never to Google.

    :param sandbox: the sandbox's origin, None where there is none.
    :raises ImproperlyConfigured: the client or an address belongs to the other side.
    """
    if sandbox and client_id.endswith(CLIENT_SUFFIX):
        raise env.refuse("GOOGLE_CLIENT_ID", "is a real client's, but GOOGLE=sandbox. Unset it", "sandbox-client")
    if not sandbox and not client_id.endswith(CLIENT_SUFFIX):
        raise env.refuse("GOOGLE_CLIENT_ID", f"must end in {CLIENT_SUFFIX}", f"1234567890-abc{CLIENT_SUFFIX}")
    for each in fields(addresses):
        if sandbox and is_real(getattr(addresses, each.name)):
            raise env.refuse(each.name.upper(), "leads to Google, but GOOGLE=sandbox. Unset it", sandbox)
