"""How Google Cloud refuses: permissions, arguments, and what was staged. None of these APIs has an `errors` list."""

from google_sandbox.cloud.discovery import IAM, IAM_CREDENTIALS, RESOURCE_MANAGER, Api
from google_sandbox.cloud.roles import GET_PROJECT
from google_sandbox.errors import GoogleError
from google_sandbox.service_disabled import ERROR_INFO

DISABLED = {
    "resource_manager:api_not_enabled": RESOURCE_MANAGER,
    "iam:api_not_enabled": IAM,
    "iam_credentials:api_not_enabled": IAM_CREDENTIALS,
}
LISTING_DENIED = "iam:listing_denied"
ROLES_WITHDRAWN = "iam:roles_withdrawn"
# Which methods the others concern
CONCERNED = {
    LISTING_DENIED: frozenset({"iam.projects.serviceAccounts.list"}),
    ROLES_WITHDRAWN: frozenset(
        {
            "cloudresourcemanager.projects.testIamPermissions",
            "iam.projects.serviceAccounts.testIamPermissions",
            "iamcredentials.projects.serviceAccounts.signJwt",
            "iamcredentials.projects.serviceAccounts.generateAccessToken",
        }
    ),
}


def denied(permission: str) -> GoogleError:
    """Without the permission, and where there is no such resource: which of both, Google doesn't say."""
    return _denied(
        f"Permission '{permission}' denied on resource (or it may not exist).", IAM, {"permission": permission}
    )


def project_denied(name: str) -> GoogleError:
    resource = f"//{RESOURCE_MANAGER.host}/projects/{name}"
    return _denied(
        f"Permission '{GET_PROJECT}' denied on resource '{resource}' (or it may not exist).",
        RESOURCE_MANAGER,
        {"permission": GET_PROJECT, "resource": f"projects/{name}"},
    )


def unknown_service_account() -> GoogleError:
    """For who may see the project: to others it is denied."""
    return GoogleError(404, "Unknown service account", reason=None)


def invalid_argument(message: str) -> GoogleError:
    return GoogleError(400, message, reason=None)


def _denied(message: str, api: Api, metadata: dict[str, str]) -> GoogleError:
    info = {"@type": ERROR_INFO, "reason": "IAM_PERMISSION_DENIED", "domain": api.host, "metadata": metadata}
    return GoogleError(403, message, reason=None, details=[info])
