"""What the published OpenAPI document says of answers: refusals are problem details, and none is left out."""

import json
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI

Responses = dict[int | str, dict[str, Any]]

OF_ANY_ROUTE = (400, 401, 403, 408, 413, 422, 429)
"""Given before a route is asked: for what cannot be read, who may not ask, too slowly, too much, or too often."""
PROBLEM: dict[str, Any] = {
    "title": "Problem",
    "description": "Problem details (RFC 9457). More members may tell programs what to do.",
    "type": "object",
    "properties": {"title": {"type": "string"}, "status": {"type": "integer"}, "detail": {"type": "string"}},
    "required": ["title", "status", "detail"],
}
FAULT: dict[str, Any] = {
    "title": "Fault",
    "description": "An error as OpenAI's clients read it.",
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
            "required": ["message", "type", "param", "code"],
        }
    },
    "required": ["error"],
}
FAULT_PATHS = "/v1/"
"""Routes under it refuse in OpenAI's form what they are asked themselves."""
_PROBLEM_TYPE = "application/problem+json"
_KEY_SCHEMES = {
    "key": {"type": "http", "scheme": "bearer", "description": "A key of the settings, or the token of one's own call."}
}


def refusals(*statuses: int) -> Responses:
    """For `responses` of a route: refusals of its own, whose content is always the same."""
    return {status: {"description": HTTPStatus(status).phrase} for status in statuses}


def answer_of(kind: Any, description: str = "Successful Response", *, status: int = 200) -> Responses:
    """For `responses` of a route: a JSON answer of a msgspec type."""
    return {status: {"description": description, "content": {"application/json": {"schema": schema_of(kind)}}}}


def schema_of(kind: Any) -> dict[str, Any]:
    """The JSON Schema of a type without recursion, whole in itself as it becomes part of a larger document."""
    schema = msgspec.json.schema(kind)
    parts = schema.pop("$defs", {})

    def whole(value: Any) -> Any:
        if isinstance(value, dict):
            if "$ref" in value:
                return whole(parts[value["$ref"].rpartition("/")[2]])
            return {key: whole(inner) for key, inner in value.items()}
        return [whole(inner) for inner in value] if isinstance(value, list) else value

    complete: dict[str, Any] = whole(schema)
    return complete


def publish(app: FastAPI) -> None:
    """Has `/openapi.json` tell of every refusal, in the form in which it comes."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(generate())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    components = document.setdefault("components", {})
    components.setdefault("schemas", {}).update(Problem=PROBLEM, Fault=FAULT)
    components["securitySchemes"] = _KEY_SCHEMES
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    for path, operations in document["paths"].items():
        for operation in operations.values():
            responses = operation["responses"]
            for status in map(str, OF_ANY_ROUTE):
                if status not in responses or "HTTPValidationError" in json.dumps(responses[status]):
                    responses[status] = {"description": HTTPStatus(int(status)).phrase}
            for status, response in responses.items():
                if int(status) >= 400:
                    _as_problem(response)
                    if path.startswith(FAULT_PATHS):
                        response["content"]["application/json"] = {"schema": {"$ref": "#/components/schemas/Fault"}}
            operation.setdefault("security", [{}, {"key": []}])
            operation["responses"] = dict(sorted(responses.items()))
    return document


def _as_problem(response: dict[str, Any]) -> None:
    """A refusal with members of its own has a schema already; the content type is the same for all."""
    content = response.setdefault("content", {})
    if "application/json" in content:
        content[_PROBLEM_TYPE] = content.pop("application/json")
    content.setdefault(_PROBLEM_TYPE, {"schema": {"$ref": "#/components/schemas/Problem"}})
