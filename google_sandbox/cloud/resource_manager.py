"""Resource Manager v3: which projects there are for the caller, and what the caller may do in one."""

import sqlite3
from fnmatch import fnmatchcase
from typing import Any

from google_sandbox.cloud import roles
from google_sandbox.cloud.call import Call
from google_sandbox.cloud.listing import page_of
from google_sandbox.cloud.permissions import answer_test
from google_sandbox.cloud.projects import find_project, project_resource
from google_sandbox.cloud.refusals import invalid_argument, project_denied

DEFAULT_SIZE, LARGEST_SIZE = 100, 300
QUERIED = ("projectId", "id", "displayName", "name", "state", "parent")


def search(call: Call) -> dict[str, Any]:
    """Projects the caller may see; one that sees none gets an empty answer, not a refusal."""
    with call.request.sandbox.store.read() as db:
        rows = db.execute("SELECT * FROM projects ORDER BY project_id").fetchall()
    seen = [project_resource(row) for row in rows if roles.GET_PROJECT in call.permissions([row["project_id"]])]
    terms = call.parameters.get("query", "").split()
    fitting = [project for project in seen if all(_fits(project, term) for term in terms if term != "AND")]
    return page_of(call, "projects", fitting, default=DEFAULT_SIZE, largest=LARGEST_SIZE)


def get(call: Call) -> dict[str, Any]:
    project = _project(call)
    if project is None or roles.GET_PROJECT not in call.permissions([project["project_id"]]):
        raise project_denied(call.path["projectsId"])
    return project_resource(project)


def test_iam_permissions(call: Call) -> dict[str, Any]:
    """Anyone may ask, of any project there is."""
    project = _project(call)
    if project is None:
        raise project_denied(call.path["projectsId"])
    return answer_test(call, [project["project_id"]], roles.ON_PROJECT)


def _project(call: Call) -> sqlite3.Row | None:
    with call.request.sandbox.store.read() as db:
        return find_project(db, call.path["projectsId"])


def _fits(project: dict[str, Any], term: str) -> bool:
    """One term of a query: `displayName:Acme*`, `state=ACTIVE`, or a word for any of the names."""
    name, separator, wanted = term.replace("=", ":", 1).partition(":")
    if not separator:
        return any(_is_like(project[field], term) for field in ("projectId", "displayName"))
    if name not in QUERIED:
        message = f"field [query] has issue [Invalid search field: {name}]"
        raise invalid_argument(message)
    return _is_like(project["projectId" if name == "id" else name], wanted)


def _is_like(value: str, wanted: str) -> bool:
    """The whole value or one of its words, whatever the case; `*` stands for anything."""
    pattern = wanted.strip('"').lower()
    return any(fnmatchcase(each, pattern) for each in (value.lower(), *value.lower().split()))
