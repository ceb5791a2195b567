"""Errors as HTTP answers: problem details (RFC 9457) with a sentence for the reader."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi.responses import JSONResponse


def problem(
    status: int, detail: str, *, headers: Mapping[str, str] | None = None, more: Mapping[str, object] | None = None
) -> JSONResponse:
    """An `application/problem+json` answer that says what happened and what to do; `more` are members for programs."""
    return JSONResponse(
        {"title": HTTPStatus(status).phrase, "status": status, "detail": detail, **(more or {})},
        status_code=status,
        headers=dict(headers or {}),
        media_type="application/problem+json",
    )
