"""The Cloud APIs' own description of their methods, as shipped with Google's client library."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from google_sandbox.documents import descriptions, shipped


@dataclass(frozen=True, kw_only=True)
class Api:
    """One API: its document, Google's host for it, its title, and what its methods are called inside Google."""

    document: str
    rpc_service: str

    @property
    def host(self) -> str:
        return urlsplit(str(shipped(self.document)["rootUrl"])).netloc

    @property
    def title(self) -> str:
        return str(shipped(self.document)["title"])


RESOURCE_MANAGER = Api(document="cloudresourcemanager.v3", rpc_service="google.cloud.resourcemanager.v3.Projects")
IAM = Api(document="iam.v1", rpc_service="google.iam.admin.v1.IAM")
IAM_CREDENTIALS = Api(document="iamcredentials.v1", rpc_service="google.iam.credentials.v1.IAMCredentials")


# A document doesn't have these
RPC_NAMES = {
    "cloudresourcemanager.projects.search": "SearchProjects",
    "cloudresourcemanager.projects.get": "GetProject",
    "cloudresourcemanager.projects.testIamPermissions": "TestIamPermissions",
    "iam.projects.serviceAccounts.list": "ListServiceAccounts",
    "iam.projects.serviceAccounts.get": "GetServiceAccount",
    "iam.projects.serviceAccounts.testIamPermissions": "TestIamPermissions",
    "iamcredentials.projects.serviceAccounts.signJwt": "SignJwt",
    "iamcredentials.projects.serviceAccounts.generateAccessToken": "GenerateAccessToken",
}


@dataclass(frozen=True, kw_only=True)
class Method:
    api: Api
    id: str
    verb: str
    path: str
    scopes: tuple[str, ...]
    parameters: frozenset[str]
    body_fields: frozenset[str]

    @property
    def rpc_name(self) -> str:
        """What Google calls this method in an error's details."""
        return f"{self.api.rpc_service}.{RPC_NAMES[self.id]}"


@cache
def methods(api: Api) -> Mapping[str, Method]:
    document = shipped(api.document)
    common = frozenset(document["parameters"])
    found: dict[str, Method] = {}
    for each in (described for described in descriptions(document) if described["id"] in RPC_NAMES):
        schema = each.get("request", {}).get("$ref")
        queried = {name for name, described in each.get("parameters", {}).items() if described["location"] == "query"}
        found[each["id"]] = Method(
            api=api,
            id=each["id"],
            verb=each["httpMethod"],
            path="/" + each["flatPath"],
            scopes=tuple(each["scopes"]),
            parameters=common | queried,
            body_fields=frozenset(document["schemas"][schema].get("properties", ())) if schema else frozenset(),
        )
    return found
