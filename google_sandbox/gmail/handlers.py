"""Makes werkzeug handlers and rules out of implementations: the ordinary form of a method, and its upload form."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.routing import Rule
from werkzeug.wrappers import Response

from google_sandbox.errors import API_HEADERS, GoogleError, json_response
from google_sandbox.gmail import uploads
from google_sandbox.gmail.call import Call, Implementation, admit, parameters_of
from google_sandbox.gmail.discovery import Method, methods
from google_sandbox.gmail.parameters import json_body
from google_sandbox.oauth.authenticate import Token, find_token
from google_sandbox.request import SandboxRequest

Handler = Callable[..., Response]


def rules_for(implementations: Mapping[str, Implementation]) -> list[Rule]:
    """Rules of every method implemented, with paths and verbs from the discovery document."""
    rules: list[Rule] = []
    for method_id, implementation in implementations.items():
        method = methods()[method_id]
        rules.append(_rule(method.path, [method.verb], _ordinary(method, implementation)))
        for path in method.upload_paths:
            upload = _upload(method, implementation)
            rules.append(_rule(path, [method.verb], upload))
            if method.verb != "PUT":
                rules.append(_rule(path, ["PUT"], _continued(method, implementation)))
    return rules


def _rule(path: str, verbs: list[str], handler: Handler) -> Rule:
    return Rule(path.replace("{", "<").replace("}", ">"), methods=verbs, endpoint=handler)


def _ordinary(method: Method, implementation: Implementation) -> Handler:
    def handle(request: SandboxRequest, **path: str) -> Response:
        token = admit(request, method, path["userId"])
        parameters = parameters_of(request, method, token)
        body = json_body(request, method) if request.method != "GET" else {}
        call = Call(request=request, method=method, token=token, path=path, parameters=parameters, body=body)
        return _answer(implementation(call))

    return handle


def _upload(method: Method, implementation: Implementation) -> Handler:
    def handle(request: SandboxRequest, **path: str) -> Response:
        if "upload_id" in request.args:
            return _continue(request, method, implementation)
        token = admit(request, method, path["userId"])
        parameters = parameters_of(request, method, token)
        if request.args.get("uploadType") == "resumable":
            return uploads.start(request, method, token.access_token, path)
        upload = uploads.read_whole(request, method)
        call = Call(
            request=request, method=method, token=token, path=path, parameters=parameters, body=upload.body,
            media=upload.media,
        )  # fmt: skip
        return _answer(implementation(call))

    return handle


def _continued(method: Method, implementation: Implementation) -> Handler:
    def handle(request: SandboxRequest, **_path: str) -> Response:
        return _continue(request, method, implementation)

    return handle


def _continue(request: SandboxRequest, method: Method, implementation: Implementation) -> Response:
    """A further request of an upload session. The session's address is its credential, as at Google."""
    # One lock around all of it: the same last piece sent twice at once must not send two mails
    with request.sandbox.store.transaction() as db:
        session = uploads.find_session(request, method)
        if session.row["answer"] is not None:
            return _answer(json.loads(session.row["answer"]))
        media = uploads.receive(request, method, session)
        if media is None:
            return uploads.incomplete(request, method)
        call = Call(
            request=request, method=method, token=_owner(request, session), path=session.path, parameters={},
            body=session.body, media=media,
        )  # fmt: skip
        answer = implementation(call)
        uploads.finish(db, session, answer)
    return _answer(answer)


def _owner(request: SandboxRequest, session: uploads.Session) -> Token:
    token = find_token(request, session.row["access_token"])
    if token is None:
        raise GoogleError(401, "Invalid Credentials", reason="authError")
    return token


def _answer(resource: dict[str, Any] | None) -> Response:
    if resource is None:
        return Response(status=204, headers=API_HEADERS)
    return json_response(resource, headers=API_HEADERS)
