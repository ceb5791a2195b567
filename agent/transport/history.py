"""`/api/history`: supervisors look back at calls that ended, search them, label moments, and see trends.

Whatever opens words of a call, or shows how people felt, is first written down; engineers have no part in it.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from typing import Annotated, Protocol, TypeVar

import msgspec
from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import StreamingResponse

from agent.core.errors import AgentError, CallDamaged, CallNotFound, StoreError
from agent.core.identity import Principal, Role
from agent.transport.auth import require
from agent.transport.history_forms import CALL_ID, CallsWish, LabelWish, SearchWish, Span, TableWish, TrendsWish
from agent.transport.history_messages import (
    CallsPage,
    CallStory,
    HistoryAnswer,
    SearchFault,
    SearchLine,
    Series,
    Trends,
)
from agent.transport.problems import problem
from agent.transport.published import answer_of, refusals
from agent.transport.record import Record

Supervisor = Annotated[Principal, require(Role.SUPERVISOR)]
CallId = Annotated[str, Path(pattern=CALL_ID)]
MEDIA_TYPES = {"csv": "text/csv", "json": "application/json", "parquet": "application/vnd.apache.parquet"}
MOST_PARTS = 100_000
ONE_LOOK_S = 600.0
MOST_LOOKS = 1_000
"""That are remembered."""
_PRIVATE = {"Cache-Control": "no-store"}
_UNWRITTEN = (
    "this is shown only where it can be written down who looked, and the archive does not answer now; try again"
)


class PastCalls(Protocol):
    """Calls that have ended. Each method raises `StoreError` when they cannot be read, and what it names."""

    async def calls(self, wish: CallsWish) -> CallsPage: ...

    async def story(self, call_id: str) -> CallStory:
        """Raises `CallNotFound`, and `CallDamaged` for a call that cannot be read."""
        ...

    async def series(self, call_id: str) -> Series:
        """Raises like `story`."""
        ...

    async def tracks(self, call_id: str, part: int) -> bytes:
        """One part of what can be drawn, by its place in `Replay.starts_s`, deflated (RFC 1950): the length of a head
        in four bytes, little end first; the head, JSON of `TracksHead`; and the points. Raises like `story`."""
        ...

    def search(self, wish: SearchWish) -> AsyncIterator[SearchLine]: ...

    async def label(self, wish: LabelWish, *, by: str) -> None:
        """Raises `CallNotFound`, and `AgentError` for what cannot be right of its kind."""
        ...

    async def trends(self, wish: TrendsWish) -> Trends: ...

    async def table(self, wish: TableWish) -> bytes:
        """Raises `AgentError` for a format that cannot be written here."""
        ...


class Looked:
    """Writes down who looks at a call: once for all that they ask of it within a while."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._one_at_a_time = asyncio.Lock()
        self._at_s: dict[tuple[str, str], float] = {}
        """When it was written down, the latest last."""

    async def at(self, who: Principal, call_id: str) -> None:
        """Raises `StoreError` when it cannot be written down."""
        key = who.name, call_id
        # A page asks for several parts at once.
        async with self._one_at_a_time:
            now_s = time.monotonic()
            if now_s - self._at_s.get(key, -ONE_LOOK_S) < ONE_LOOK_S:
                return
            await self._record(who.name, "call.replayed", call_id)
            self._at_s.pop(key, None)
            self._at_s[key] = now_s
            if len(self._at_s) > MOST_LOOKS:
                del self._at_s[next(iter(self._at_s))]


def history_router(past: PastCalls, record: Record) -> APIRouter:
    router = APIRouter(prefix="/api/history", tags=["Past calls"])
    _add_calls(router, past, record)
    _add_labels(router, past, record)
    _add_search(router, past, record)
    _add_trends(router, past, record)
    return router


def _add_calls(router: APIRouter, past: PastCalls, record: Record) -> None:
    looked = Looked(record)

    @router.get(
        "/calls", summary="List calls that have ended", responses={**answer_of(CallsPage), **refusals(422, 503)}
    )
    async def get_calls(wish: Annotated[CallsWish, Query()], who: Supervisor) -> Response:
        return await _answered(past.calls(wish))

    @router.get(
        "/calls/{call_id}",
        summary="What was said and happened in a call",
        responses={**answer_of(CallStory), **refusals(404, 409, 503)},
    )
    async def get_story(call_id: CallId, who: Supervisor) -> Response:
        async def story() -> CallStory:
            await looked.at(who, call_id)
            return await past.story(call_id)

        return await _answered(story())

    @router.get(
        "/calls/{call_id}/series",
        summary="What was perceived, second by second",
        responses={**answer_of(Series), **refusals(404, 409, 503)},
    )
    async def get_series(call_id: CallId, who: Supervisor) -> Response:
        async def series() -> Series:
            await looked.at(who, call_id)
            return await past.series(call_id)

        return await _answered(series())

    @router.get(
        "/calls/{call_id}/tracks/{part}",
        summary="How face and hands moved, a part at a time",
        response_class=Response,
        responses={200: {"content": {"application/octet-stream": {}}}, **refusals(404, 409, 503)},
    )
    async def get_tracks(call_id: CallId, part: Annotated[int, Path(ge=0, le=MOST_PARTS)], who: Supervisor) -> Response:
        async def points() -> Response:
            await looked.at(who, call_id)
            content = await past.tracks(call_id, part)
            headers = _PRIVATE | {"Content-Encoding": "deflate"}
            return Response(content, media_type="application/octet-stream", headers=headers)

        return await _plainly(points())


def _add_labels(router: APIRouter, past: PastCalls, record: Record) -> None:
    @router.post(
        "/labels", status_code=204, summary="Say what the agent had right or wrong", response_class=Response,
        responses=refusals(404, 409, 422, 503),
    )  # fmt: skip
    async def post_label(wish: LabelWish, who: Supervisor) -> Response:
        async def label() -> Response:
            await record(who.name, "moment.labelled", wish.call_id)
            await past.label(wish, by=who.name)
            return Response(status_code=204)

        return await _plainly(label())


def _add_search(router: APIRouter, past: PastCalls, record: Record) -> None:
    @router.post(
        "/search",
        summary="Search what was said and what happened",
        response_class=Response,
        responses={
            200: {
                "description": "A `SearchLine` a line, until `done` or `fault`",
                "content": {"application/x-ndjson": {}},
            },
            **refusals(422, 503),
        },
    )
    async def search(wish: SearchWish, who: Supervisor) -> Response:
        async def begun() -> Response:
            # What was looked for may itself name a person.
            await record(who.name, "history.searched", _span(wish))
            return StreamingResponse(_lines(past.search(wish)), media_type="application/x-ndjson", headers=_PRIVATE)

        return await _plainly(begun())


def _add_trends(router: APIRouter, past: PastCalls, record: Record) -> None:
    @router.get("/trends", summary="How calls went", responses={**answer_of(Trends), **refusals(422, 503)})
    async def get_trends(wish: Annotated[TrendsWish, Query()], who: Supervisor) -> Response:
        async def trends() -> Trends:
            await record(who.name, "history.compared", _span(wish))
            return await past.trends(wish)

        return await _answered(trends())

    @router.get(
        "/export",
        summary="The same as a file, or the list of calls",
        response_class=Response,
        responses={200: {"content": {kind: {} for kind in MEDIA_TYPES.values()}}, **refusals(422, 503)},
    )
    async def get_table(wish: Annotated[TableWish, Query()], who: Supervisor) -> Response:
        async def table() -> Response:
            await record(who.name, "history.exported", f"{wish.what} {_span(wish)}")
            content = await past.table(wish)
            headers = _PRIVATE | {"Content-Disposition": f'attachment; filename="{wish.what}.{wish.format}"'}
            return Response(content, media_type=MEDIA_TYPES[wish.format], headers=headers)

        return await _plainly(table())


def _span(span: Span) -> str:
    """For the audit log: from when until when, in Unix seconds."""
    first, last = ("" if at is None else f"{at:.0f}" for at in (span.from_at, span.until_at))
    return f"{first}..{last}"


Told = TypeVar("Told", bound=HistoryAnswer)


async def _answered(work: Awaitable[Told]) -> Response:
    async def answer() -> Response:
        return Response(msgspec.json.encode(await work), media_type="application/json", headers=_PRIVATE)

    return await _plainly(answer())


async def _plainly(work: Awaitable[Response]) -> Response:
    """What it gives, or why not."""
    try:
        return await work
    except CallNotFound as error:
        return problem(404, str(error))
    except CallDamaged as error:
        return problem(409, str(error))
    except StoreError:
        return problem(503, _UNWRITTEN)
    except AgentError as error:
        return problem(422, str(error))


async def _lines(found: AsyncIterator[SearchLine]) -> AsyncIterator[bytes]:
    """Whoever goes away ends the search."""
    try:
        async for line in found:
            yield msgspec.json.encode(line) + b"\n"
    except StoreError:
        yield msgspec.json.encode(SearchFault(message="the archive does not answer now; search again")) + b"\n"
