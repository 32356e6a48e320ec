"""testIamPermissions: which of the permissions asked about the caller has (row 55)."""

from collections.abc import Collection
from typing import Any

from google_sandbox.cloud.call import Call
from google_sandbox.cloud.refusals import invalid_argument


def answer_test(call: Call, resources: Collection[str], applicable: Collection[str]) -> dict[str, Any]:
    """Those that are held, in the order asked; no field at all when none is.

    One that does not apply to such a resource is refused, and so is a wildcard.
    """
    asked = call.texts("permissions")
    for permission in asked:
        if permission not in applicable:
            message = f"Permission {permission} is not valid for this resource."
            raise invalid_argument(message)
    held = call.permissions(resources)
    found = [permission for permission in asked if permission in held]
    return {"permissions": found} if found else {}
