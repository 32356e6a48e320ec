"""IAM v1: the service accounts of a project, and what the caller may do with one."""

import sqlite3
from typing import Any

from google_sandbox.cloud import roles
from google_sandbox.cloud.call import Call
from google_sandbox.cloud.listing import page_of
from google_sandbox.cloud.permissions import answer_test
from google_sandbox.cloud.projects import (
    ANY_PROJECT,
    find_project,
    find_service_account,
    service_account_resource,
    service_accounts_of,
)
from google_sandbox.cloud.refusals import denied, unknown_service_account

DEFAULT_SIZE, LARGEST_SIZE = 20, 100


def list_service_accounts(call: Call) -> dict[str, Any]:
    with call.request.sandbox.store.read() as db:
        project = find_project(db, call.path["projectsId"])
        if project is None or roles.LIST_ACCOUNTS not in call.permissions([project["project_id"]]):
            raise denied(roles.LIST_ACCOUNTS)
        accounts = [service_account_resource(row) for row in service_accounts_of(db, project["project_id"])]
    return page_of(call, "accounts", accounts, default=DEFAULT_SIZE, largest=LARGEST_SIZE)


def get(call: Call) -> dict[str, Any]:
    account = _known(call)
    if roles.GET_ACCOUNT not in call.permissions(resources_of(account)):
        raise denied(roles.GET_ACCOUNT)
    return service_account_resource(account)


def test_iam_permissions(call: Call) -> dict[str, Any]:
    """Anyone may ask, of any service account there is."""
    return answer_test(call, resources_of(_known(call)), roles.ON_ACCOUNT)


def resources_of(account: sqlite3.Row) -> list[str]:
    """Where a role on this service account can be given."""
    return [account["email"], account["project_id"]]


def _known(call: Call) -> sqlite3.Row:
    """The service account; a missing one is denied, and only who sees its project is told more (row 58)."""
    name = call.path["projectsId"]
    with call.request.sandbox.store.read() as db:
        account = find_service_account(db, name, call.path["serviceAccountsId"])
        project = None if name == ANY_PROJECT else find_project(db, name)
    if account is not None:
        return account
    if project is not None and roles.GET_ACCOUNT in call.permissions([project["project_id"]]):
        raise unknown_service_account()
    raise denied(roles.GET_ACCOUNT)
