"""The HTTP side: consent to a call, the list of calls, health, speech recognition, and the pages."""

from dataclasses import asdict
from pathlib import Path

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect

from agent import __version__
from agent.core.clock import Clock, SystemClock
from agent.core.errors import LimitReached
from agent.core.identity import Role
from agent.core.settings import Settings
from agent.transport import transcriptions
from agent.transport.attachments import LARGER_BYTES, Attachments, attachments_router
from agent.transport.auth import Doorkeeper, checked_by, open_to_all, require
from agent.transport.call_opening import CallOpening
from agent.transport.desk import CallDesk
from agent.transport.hardening import SecurityHeaders
from agent.transport.history import PastCalls, history_router
from agent.transport.hub import Hub
from agent.transport.keys import ProgramKeys
from agent.transport.limits import Limits, SocketLimits, too_many
from agent.transport.links import JoinLinks
from agent.transport.metrics import Metrics, metrics_router
from agent.transport.notice_routes import notice_router
from agent.transport.oidc import IdentityProvider
from agent.transport.oidc_routes import oidc_router
from agent.transport.own_data import Own, OwnData, own_data_router
from agent.transport.problems import problem
from agent.transport.published import answer_of, publish
from agent.transport.receipts import CallReceipts
from agent.transport.record import Record, nothing_recorded
from agent.transport.scribe import Scribe
from agent.transport.session_routes import session_router
from agent.transport.sign_in import SignIn
from agent.transport.signalling import whip_router
from agent.transport.staff import StaffDesk, staff_router
from agent.transport.supervisor_messages import CallSummary
from agent.transport.supervisors import supervisor_router
from agent.transport.survey import survey_router
from agent.transport.transcriptions import transcriptions_router

PAGES = Path(__file__).resolve().parents[1] / "static"
A_PAGE = open_to_all("a page, which shows nothing before it is let in")


def build_app(
    desk: CallDesk,
    hub: Hub,
    scribe: Scribe,
    metrics: Metrics,
    settings: Settings,
    sign_in: SignIn | None = None,
    own_data: OwnData | None = None,
    staff: StaffDesk | None = None,
    attachments: Attachments | None = None,
    past: PastCalls | None = None,
    record: Record = nothing_recorded,
) -> FastAPI:
    """The whole HTTP and WebSocket application, ready for a server; it owns no call.

    Without `sign_in` nobody can, and only programs with keys get at what is for staff. Customers get at what is kept of
    them, and say how a call was, where there is `own_data`. `attachments` takes pictures and voice notes. `past` are
    calls that have ended. `staff` is what supervisors can do with a call. What they do with it, and that they watch it,
    is written down with `record`.
    """
    app = FastAPI(title="Video-call support agent", version=__version__, docs_url=None, redoc_url=None)
    clock = SystemClock()
    keys, links, limits = ProgramKeys(settings.identity), JoinLinks(settings, clock), Limits(settings.limits, clock)
    sessions = None if sign_in is None else sign_in.sessions
    app.state.doorkeeper = doorkeeper = Doorkeeper(keys, sessions, public_url=settings.server.public_url)
    if sign_in is not None:
        _add_sign_in(app, sign_in, doorkeeper, limits, settings, clock)
    app.include_router(_calls_router(desk))
    app.include_router(notice_router(settings, links))
    receipts = None if own_data is None else _add_own_data(app, own_data, links, limits, settings, clock)
    opening = CallOpening(desk, settings, keys=keys, links=links, limits=limits, receipts=receipts)
    app.include_router(opening.router())
    app.include_router(whip_router(desk))
    if attachments is not None:
        app.include_router(attachments_router(attachments, clock, record))
    if staff is not None:
        app.include_router(staff_router(staff, record))
    if past is not None:
        app.include_router(history_router(past, record))
    app.include_router(supervisor_router(hub, metrics.delivery.observe, record))
    metrics.occupancy, metrics.archive = desk.occupancy, desk.archive
    app.include_router(metrics_router(metrics, settings.telemetry))
    app.include_router(transcriptions_router(scribe, settings.api))
    _mount_pages(app)
    publish(app)
    _tell_faults(app)
    app.add_middleware(
        SecurityHeaders,
        max_body_bytes=settings.server.max_body_bytes,
        larger_bytes={transcriptions.PATH: settings.api.max_file_bytes + transcriptions.FORM_BYTES, **LARGER_BYTES},
    )
    app.add_middleware(SocketLimits, limits=limits)
    return app


def _add_sign_in(
    app: FastAPI, sign_in: SignIn, doorkeeper: Doorkeeper, limits: Limits, settings: Settings, clock: Clock
) -> None:
    """How staff comes in: by password, and by the identity provider where there is one."""
    oidc, public_url = settings.identity.oidc, settings.server.public_url
    app.include_router(session_router(sign_in, doorkeeper, more_ways=() if oidc is None else ("oidc",)))
    if oidc is not None:
        provider = IdentityProvider(oidc, clock)
        app.include_router(
            oidc_router(provider, sign_in, doorkeeper, limits=limits, clock=clock, public_url=public_url)
        )


def _tell_faults(app: FastAPI) -> None:
    """Each in the form of RFC 9457."""
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(LimitReached, _limit_reached)
    app.add_exception_handler(ClientDisconnect, _gone)


def _add_own_data(
    app: FastAPI, own_data: OwnData, links: JoinLinks, limits: Limits, settings: Settings, clock: Clock
) -> CallReceipts:
    """What customers get at afterwards; the receipts by which they prove whose call it was."""
    own = Own(limits)
    receipts = CallReceipts(own_data.receipt_secret, clock, lasts_s=3600 * settings.privacy.receipt_hours)
    app.include_router(own_data_router(own_data, links, own, receipts))
    app.include_router(survey_router(own_data, own, receipts))
    return receipts


def _calls_router(desk: CallDesk) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["Calls"])

    @router.delete(
        "/line/{place}",
        status_code=204,
        summary="Leave the line",
        dependencies=[checked_by("the place, which only who stands there knows")],
    )
    async def leave_line(place: str) -> Response:
        desk.leave_line(place)
        return Response(status_code=204)

    @router.get(
        "/calls",
        summary="Calls that are going on",
        responses=answer_of(tuple[CallSummary, ...]),
        dependencies=[require(Role.SUPERVISOR)],
    )
    async def get_calls() -> JSONResponse:
        return JSONResponse(msgspec.to_builtins(desk.calls()))

    @router.get(
        "/health",
        summary="Whether the agent runs, how many calls it can take, and how many wait",
        dependencies=[open_to_all("load balancers; it tells numbers")],
    )
    async def get_health() -> JSONResponse:
        health = {"ok": True, "version": __version__, "calls": len(desk.calls())}
        return JSONResponse(health | {"capacity": asdict(desk.occupancy()), "archive": asdict(desk.archive())})

    return router


def _mount_pages(app: FastAPI) -> None:
    @app.get("/", include_in_schema=False, dependencies=[A_PAGE])
    async def customer_page() -> Response:
        return _page("index.html")

    @app.get("/privacy", include_in_schema=False, dependencies=[A_PAGE])
    async def privacy_page() -> Response:
        return _page("index.html")

    @app.get("/supervisor", include_in_schema=False, dependencies=[A_PAGE])
    async def supervisor_page() -> Response:
        return _page("supervisor.html")

    @app.get("/history", include_in_schema=False, dependencies=[A_PAGE])
    async def history_page() -> Response:
        return _page("history.html")

    @app.get("/signin", include_in_schema=False, dependencies=[A_PAGE])
    async def sign_in_page() -> Response:
        return _page("signin.html")

    @app.get("/transcribe", include_in_schema=False, dependencies=[A_PAGE])
    async def transcribe_page() -> Response:
        return _page("transcribe.html")

    # Files alone are compressed: what is answered to somebody could tell its secrets by its length (BREACH).
    app.mount("/", GZipMiddleware(StaticFiles(directory=PAGES, check_dir=False), compresslevel=6), name="pages")


def _page(name: str) -> Response:
    page = PAGES / name
    if not page.is_file():
        return problem(503, "the pages are not built; run `make demo`, or `npm run build` in webclient/")
    return FileResponse(page, headers={"Cache-Control": "no-cache"})


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = "; ".join(f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors())
    return problem(422, faults)


async def _limit_reached(request: Request, error: Exception) -> Response:
    assert isinstance(error, LimitReached)
    return too_many(error)


async def _gone(request: Request, error: Exception) -> Response:
    """Nobody reads it: a page was closed while it asked, which is no fault of ours to be logged."""
    return problem(400, "the request ended before all of it had come")


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, str(error.detail), headers=error.headers)
