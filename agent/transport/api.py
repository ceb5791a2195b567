"""The HTTP side: consent to a call, the list of calls, health, speech recognition, and the pages."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from agent import __version__
from agent.core.consent import CONSENT_VERSION, Choice
from agent.core.errors import AtCapacity, NotSignedIn
from agent.core.settings import Settings
from agent.core.signed_customer import GUEST, verify
from agent.transport import transcriptions
from agent.transport.desk import CallDesk
from agent.transport.hardening import SecurityHeaders
from agent.transport.hub import Hub
from agent.transport.metrics import Metrics, metrics_router
from agent.transport.notice import notice_for
from agent.transport.problems import problem
from agent.transport.scribe import Scribe
from agent.transport.signalling import whip_router
from agent.transport.supervisors import supervisor_router
from agent.transport.transcriptions import transcriptions_router

PAGES = Path(__file__).resolve().parents[1] / "static"


class CallRequest(BaseModel):
    """A customer's choice on the notice."""

    model_config = ConfigDict(extra="forbid")

    choice: Choice
    consent_version: str = Field(max_length=32)
    locale: str = Field("en", max_length=35, pattern=r"^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$")
    place: str | None = Field(None, max_length=64)
    """In line: the `place` of the last 503."""
    customer: str | None = Field(None, max_length=512)
    """Token of a customer who is signed in at the business's site; absent for a guest."""


class MediaWish(BaseModel):
    """What the page should ask the camera for."""

    fps: int
    width: int


class InLine(BaseModel):
    """Problem details (RFC 9457) of a call that cannot be taken yet. `Retry-After` says when to ask again; who asks
    later than ten seconds after that loses the place."""

    title: str
    status: int
    detail: str
    place: str | None = None
    """To be sent with the same request again, which keeps the place; absent while the line itself is full."""
    position: int | None = None
    """1 is the first."""


class CallOffer(BaseModel):
    """A call that may be set up with WHIP."""

    call_id: str
    token: str
    whip_url: str
    ice_servers: list[str]
    media: MediaWish
    purposes: list[str]


def build_app(desk: CallDesk, hub: Hub, scribe: Scribe, metrics: Metrics, settings: Settings) -> FastAPI:
    """The whole HTTP and WebSocket application, ready for a server; it owns no call."""
    app = FastAPI(title="Video-call support agent", version=__version__, docs_url=None, redoc_url=None)
    app.include_router(_calls_router(desk, settings))
    app.include_router(whip_router(desk))
    app.include_router(supervisor_router(hub, metrics.delivery.observe))
    metrics.occupancy = desk.occupancy
    app.include_router(metrics_router(metrics, settings.telemetry))
    app.include_router(transcriptions_router(scribe, settings.api))
    _mount_pages(app)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_middleware(
        SecurityHeaders,
        max_body_bytes=settings.server.max_body_bytes,
        larger_bytes={transcriptions.PATH: settings.api.max_file_bytes + transcriptions.FORM_BYTES},
    )
    return app


def _calls_router(desk: CallDesk, settings: Settings) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["Calls"])

    def signed_in(token: str) -> str:
        if settings.server.customer_secret is None:
            raise NotSignedIn
        return verify(token, secret=settings.server.customer_secret.get_secret_value(), now=time.time())

    @router.get("/notice", summary="What a customer reads before any analysis")
    async def get_notice(locale: Annotated[str, Query(max_length=35)] = "en") -> JSONResponse:
        return JSONResponse(msgspec.to_builtins(notice_for(locale)))

    @router.post(
        "/calls",
        status_code=201,
        response_model=CallOffer,
        summary="Consent, and get a token for one call",
        responses={
            403: {"description": "The customer's token is not valid or has run out"},
            409: {"description": "The notice has changed"},
            503: {"description": "No call can be taken now; a place in line is given", "model": InLine},
        },
    )
    async def post_call(wish: CallRequest) -> Any:
        if wish.consent_version != CONSENT_VERSION:
            return problem(409, f"the notice has changed; show version {CONSENT_VERSION} and ask again")
        try:
            customer = GUEST if wish.customer is None else signed_in(wish.customer)
            ticket = desk.open(wish.choice, locale=wish.locale, place=wish.place, customer=customer)
        except NotSignedIn as error:
            return problem(403, str(error))
        except AtCapacity as error:
            place = {} if error.place is None else {"place": error.place, "position": error.position}
            return problem(503, str(error), headers={"Retry-After": str(error.retry_after_s)}, more=place)
        return CallOffer(
            call_id=ticket.call_id,
            token=ticket.token,
            whip_url="/whip",
            ice_servers=list(settings.server.public_ice_servers),
            media=MediaWish(fps=settings.media.preferred_fps, width=settings.media.preferred_width_px),
            purposes=list(ticket.purposes),
        )

    @router.delete("/line/{place}", status_code=204, summary="Leave the line")
    async def leave_line(place: str) -> Response:
        desk.leave_line(place)
        return Response(status_code=204)

    @router.get("/calls", summary="Calls that are going on")
    async def get_calls() -> JSONResponse:
        return JSONResponse(msgspec.to_builtins(desk.calls()))

    @router.get("/health", summary="Whether the agent runs, how many calls it can take, and how many wait")
    async def get_health() -> JSONResponse:
        health = {"ok": True, "version": __version__, "calls": len(desk.calls())}
        return JSONResponse(health | {"capacity": asdict(desk.occupancy())})

    return router


def _mount_pages(app: FastAPI) -> None:
    @app.get("/", include_in_schema=False)
    async def customer_page() -> Response:
        return _page("index.html")

    @app.get("/supervisor", include_in_schema=False)
    async def supervisor_page() -> Response:
        return _page("supervisor.html")

    @app.get("/transcribe", include_in_schema=False)
    async def transcribe_page() -> Response:
        return _page("transcribe.html")

    app.mount("/", StaticFiles(directory=PAGES, check_dir=False), name="pages")


def _page(name: str) -> Response:
    page = PAGES / name
    if not page.is_file():
        return problem(503, "the pages are not built; run `make demo`, or `npm run build` in webclient/")
    return FileResponse(page, headers={"Cache-Control": "no-cache"})


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = "; ".join(f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors())
    return problem(422, faults)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, str(error.detail), headers=error.headers)
