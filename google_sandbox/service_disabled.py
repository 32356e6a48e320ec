"""An API that is off in the client's Cloud project: the same answer from every host (row 35)."""

from google_sandbox.errors import GoogleError

PROJECT = "415104041262"
ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"


def service_disabled(service: str, title: str, *, is_listed: bool) -> GoogleError:
    """Gmail and other older APIs list the error in `errors` as well."""
    activation = f"https://console.developers.google.com/apis/api/{service}/overview?project={PROJECT}"
    message = (
        f"{title} has not been used in project {PROJECT} before or it is disabled. Enable it by visiting {activation} "
        "then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems "
        "and retry."
    )
    metadata = {
        "activationUrl": activation,
        "consumer": f"projects/{PROJECT}",
        "containerInfo": PROJECT,
        "service": service,
        "serviceTitle": title,
    }
    return GoogleError(
        403,
        message,
        reason="accessNotConfigured" if is_listed else None,
        domain="usageLimits",
        extended_help="https://console.developers.google.com",
        details=[
            {"@type": ERROR_INFO, "reason": "SERVICE_DISABLED", "domain": "googleapis.com", "metadata": metadata},
            {"@type": "type.googleapis.com/google.rpc.LocalizedMessage", "locale": "en-US", "message": message},
            {
                "@type": "type.googleapis.com/google.rpc.Help",
                "links": [{"description": "Google developers console API activation", "url": activation}],
            },
        ],
    )
