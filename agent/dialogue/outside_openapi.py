"""Operations of an OpenAPI 3 description as tools: only those named, only on hosts allowed, never redirected."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

import httpx
import yaml

from agent.core.errors import SettingsError, ToolFailed
from agent.core.settings import OpenApiSettings
from agent.dialogue.tools import ToolCall

MOST_DOCUMENT_BYTES = 4 * 1024 * 1024
MOST_ANSWER_BYTES = 256 * 1024
DOCUMENT_WITHIN_S = 10.0
DEEPEST_REFERENCE = 8
METHODS = frozenset({"get", "post", "put", "patch", "delete"})
JSON = "application/json"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Something that an operation takes."""

    name: str
    place: str
    """path, query or body; others are never sent."""
    kind: str
    """Its JSON type."""
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    method: str
    path: str
    fields: tuple[Field, ...]


class Operations:
    """A `Source` of one description."""

    def __init__(
        self, settings: OpenApiSettings, base: str, operations: Mapping[str, Operation], client: httpx.AsyncClient
    ) -> None:
        self._settings = settings
        self._base = base.rstrip("/")
        self._operations = dict(operations)
        self._client = client

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._operations)

    @property
    def answer_within_s(self) -> float:
        return self._settings.answer_within_s

    async def ask(self, call: ToolCall, key: str) -> Any:
        operation = self._operations[call.name]
        path, query, body = _filled(operation, call.arguments | {"customer": call.customer, "language": call.language})
        url = check_host(self._base + path, self._settings.hosts)
        headers = {"Idempotency-Key": key} if key else {}
        method = operation.method.upper()
        async with self._client.stream(method, url, params=query, headers=headers, json=body or None) as answer:
            if answer.status_code == httpx.codes.NOT_FOUND:
                return None
            if not answer.is_success:
                raise ToolFailed(f"the system answered {answer.status_code}")
            return json.loads(await _whole(answer, MOST_ANSWER_BYTES) or b"{}")


@asynccontextmanager
async def open_operations(settings: OpenApiSettings, writing: frozenset[str]) -> AsyncIterator[Operations]:
    """The operations that `settings` name; `writing` are the tools that a flow calls after a yes only.

    Raises `SettingsError` for a description that cannot be had or has no such operation, for a host that is not
    allowed, and for an operation that may write behind a tool that flows take for a look.
    """
    timeout = httpx.Timeout(settings.answer_within_s)
    async with httpx.AsyncClient(
        headers=settings.bearer(), timeout=timeout, follow_redirects=False, trust_env=False
    ) as client:
        document = await _document(settings, client)
        operations = {tool: _operation(document, name) for tool, name in settings.tools.items()}
        for tool, operation in operations.items():
            if operation.method != "get" and tool not in writing and tool not in settings.reads:
                raise SettingsError(
                    f"reply.openapi: tool {tool} is {operation.method.upper()} {operation.path}, which may write, but "
                    "flows look it up without asking; make it the `do` of an outcome, or name it in `reads`"
                )
        base = check_host(settings.url or _first_server(document, settings.document), settings.hosts)
        _refuse_unprotected_key(base, client)
        yield Operations(settings, base, operations, client)


def check_host(url: str, hosts: tuple[str, ...]) -> str:
    """The address, if it is http or https on a host that is allowed and holds no user. Raises `SettingsError`."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as fault:
        raise SettingsError(f"reply.openapi: {url} is no address: {fault}") from None
    named = f"{parsed.host}:{parsed.port}" if parsed.port is not None else parsed.host
    if parsed.scheme not in ("http", "https") or parsed.userinfo or named not in hosts:
        raise SettingsError(f"reply.openapi: {named or url} is not among the allowed hosts: {', '.join(hosts)}")
    return url


def _refuse_unprotected_key(url: str, client: httpx.AsyncClient) -> None:
    """Raises `SettingsError` for an address to which the client's key would travel in the clear."""
    parsed = httpx.URL(url)
    if "Authorization" in client.headers and parsed.scheme != "https" and parsed.host not in LOOPBACK:
        raise SettingsError(f"reply.openapi: {url} would send the key unprotected; use https")


async def _document(settings: OpenApiSettings, client: httpx.AsyncClient) -> dict[str, Any]:
    where = settings.document
    try:
        if where.startswith(("http://", "https://")):
            _refuse_unprotected_key(check_host(where, settings.hosts), client)
            async with client.stream("GET", where, timeout=DOCUMENT_WITHIN_S) as answer:
                answer.raise_for_status()
                text = await _whole(answer, MOST_DOCUMENT_BYTES)
        else:
            text = await asyncio.to_thread(Path(where).read_bytes)
        document = yaml.safe_load(text)
    except (httpx.HTTPError, OSError, ValueError, yaml.YAMLError) as fault:
        raise SettingsError(f"reply.openapi: {where} cannot be read: {type(fault).__name__}: {fault}") from None
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3."):
        raise SettingsError(f"reply.openapi: {where} is no OpenAPI 3 description")
    return document


async def _whole(answer: httpx.Response, most_bytes: int) -> bytes:
    """The body; raises `ValueError` for more than `most_bytes`."""
    body = b""
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > most_bytes:
            raise ValueError(f"an answer of more than {most_bytes} bytes")
    return body


def _first_server(document: dict[str, Any], where: str) -> str:
    servers = document.get("servers") or [{"url": "/"}]
    return urljoin(where, str(servers[0].get("url", "/")))


def _operation(document: dict[str, Any], name: str) -> Operation:
    for path, item in document.get("paths", {}).items():
        for method, written in item.items():
            if method in METHODS and written.get("operationId") == name:
                shared = item.get("parameters", [])
                parameters = [_resolved(document, part) for part in (*shared, *written.get("parameters", []))]
                fields = [
                    Field(
                        name=part["name"],
                        place=part["in"],
                        kind=_kind(document, part.get("schema", {})),
                        required=part.get("required", False),
                    )
                    for part in parameters
                ]
                return Operation(method=method, path=path, fields=(*fields, *_body_fields(document, written)))
    raise SettingsError(f"reply.openapi: the description has no operation {name!r}")


def _body_fields(document: dict[str, Any], written: dict[str, Any]) -> list[Field]:
    body = _resolved(document, written.get("requestBody", {}))
    schema = _resolved(document, body.get("content", {}).get(JSON, {}).get("schema", {}))
    required = schema.get("required", [])
    return [
        Field(name=name, place="body", kind=_kind(document, part), required=name in required)
        for name, part in schema.get("properties", {}).items()
    ]


def _kind(document: dict[str, Any], schema: dict[str, Any]) -> str:
    return str(_resolved(document, schema).get("type", "string"))


def _resolved(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """What a `$ref` within the description stands for; one that leads elsewhere is not followed."""
    for _ in range(DEEPEST_REFERENCE):
        reference = part.get("$ref")
        if reference is None:
            return part
        found: Any = document
        for step in str(reference).removeprefix("#/").split("/"):
            found = found.get(step.replace("~1", "/").replace("~0", "~"), {}) if isinstance(found, dict) else {}
        part = found
    raise SettingsError(f"reply.openapi: {part.get('$ref')} leads in a circle")


def _filled(operation: Operation, known: Mapping[str, str]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Path, query and body of a request; only what the operation declares is sent. Raises `ToolFailed`."""
    path, sent = operation.path, {"query": dict[str, Any](), "body": dict[str, Any]()}
    for field in operation.fields:
        if field.place not in ("path", "query", "body"):
            continue
        value = known.get(field.name)
        if value is None or (field.place == "path" and value in ("", ".", "..")):
            if field.required or field.place == "path":
                raise ToolFailed(f"nothing is known for its field {field.name}")
        elif field.place == "path":
            path = path.replace(f"{{{field.name}}}", quote(value, safe=""))
        else:
            sent[field.place][field.name] = _typed(value, field.kind)
    return path, sent["query"], sent["body"]


def _typed(value: str, kind: str) -> str | int | float | bool:
    """The value as the operation wants it. Raises `ValueError` for a number that is none."""
    match kind:
        case "integer":
            return int(value)
        case "number":
            return float(value)
        case "boolean":
            return value.lower() in ("true", "yes", "1")
    return value
