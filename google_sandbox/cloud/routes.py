"""Which methods of the Cloud APIs the sandbox has, and the grant that their service accounts sign for."""

from google_sandbox.cloud import credentials, iam, jwt_bearer, resource_manager
from google_sandbox.cloud.call import Implementation, rule_for
from google_sandbox.cloud.discovery import IAM, IAM_CREDENTIALS, RESOURCE_MANAGER, Api, methods
from google_sandbox.oauth.token import ASSERTION_GRANTS

ASSERTION_GRANTS[jwt_bearer.GRANT_TYPE] = jwt_bearer.exchange

IMPLEMENTATIONS: dict[Api, dict[str, Implementation]] = {
    RESOURCE_MANAGER: {
        "cloudresourcemanager.projects.search": resource_manager.search,
        "cloudresourcemanager.projects.get": resource_manager.get,
        "cloudresourcemanager.projects.testIamPermissions": resource_manager.test_iam_permissions,
    },
    IAM: {
        "iam.projects.serviceAccounts.list": iam.list_service_accounts,
        "iam.projects.serviceAccounts.get": iam.get,
        "iam.projects.serviceAccounts.testIamPermissions": iam.test_iam_permissions,
    },
    IAM_CREDENTIALS: {
        "iamcredentials.projects.serviceAccounts.signJwt": credentials.sign_jwt,
        "iamcredentials.projects.serviceAccounts.generateAccessToken": credentials.generate_access_token,
    },
}

routes = [
    rule_for(methods(api)[method_id], implementation)
    for api, implementations in IMPLEMENTATIONS.items()
    for method_id, implementation in implementations.items()
]
