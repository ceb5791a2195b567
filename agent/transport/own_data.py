"""What is kept of customers is theirs to download or delete: all by their link's token, one call by its receipt."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from fastapi import APIRouter, Request, Response

from agent.core.errors import CallNotFound, LinkRejected, StoreError
from agent.transport.addresses import host_of
from agent.transport.auth import bearer_token, checked_by
from agent.transport.limits import Limits
from agent.transport.links import JoinLinks
from agent.transport.problems import problem
from agent.transport.published import Responses
from agent.transport.receipts import CallReceipts

RESPONSES: Responses = {
    401: {"description": "No token is shown"},
    403: {"description": "The token is not good (`reason`)"},
    404: {"description": "Nothing is kept of this call"},
    429: {"description": "Too many questions from this address; `Retry-After` says when to come back"},
    503: {"description": "Something that is kept cannot be reached now; nothing, or not all, was done"},
}
TRY_AGAIN_S = 60

LINK_WANTED = "show the token of a link that the business has made for you, as `Authorization: Bearer TOKEN`"
RECEIPT_WANTED = "show the `receipt` that came with the call, as `Authorization: Bearer RECEIPT`"


class OwnData(Protocol):
    """What is kept of customers, by the business's own id, or of one call.

    Raises `StoreError` for what cannot be reached, and `CallNotFound` for a call of which nothing is kept.
    """

    @property
    def receipt_secret(self) -> str:
        """Signs receipts; the same for as long as there is something kept that they could be for."""
        ...

    async def exported(self, customer: str) -> bytes:
        """Everything, as JSON."""
        ...

    async def erased(self, customer: str) -> bytes:
        """Takes everything away. The signed certificate, as JSON."""
        ...

    async def call_exported(self, call_id: str) -> bytes: ...

    async def call_erased(self, call_id: str) -> bytes: ...

    async def keep_survey(self, call_id: str, *, score: int, resolved: bool | None, text: str) -> None:
        """How a call was, in place of what was said of it before."""
        ...


class Own:
    """Answers whoever proves that something is theirs; the one place where that, and what goes wrong, is looked at."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    async def answer(self, request: Request, ask: Callable[[str], Awaitable[Response]], wanted: str) -> Response:
        """What `ask` answers to the token that is shown; `wanted` says which one that is to who shows none."""
        self._limits.ask(self._limits.client_of(host_of(request)))
        token = bearer_token(request)
        if token is None:
            return problem(401, wanted, headers={"WWW-Authenticate": "Bearer"})
        try:
            return await ask(token)
        except LinkRejected as error:
            return problem(403, str(error), more={"reason": error.reason})
        except CallNotFound as error:
            return problem(404, str(error))
        except StoreError:
            detail = "not all that is kept can be reached now; ask again"
            return problem(503, detail, headers={"Retry-After": str(TRY_AGAIN_S)})


def own_data_router(data: OwnData, links: JoinLinks, own: Own, receipts: CallReceipts) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["Own data"])
    guard = checked_by("the customer's own token, as a bearer token")

    @router.get("/me", summary="Download all that is kept of you", responses=RESPONSES, dependencies=[guard])
    async def get_own_data(request: Request) -> Response:
        async def exported(token: str) -> Response:
            return _file(await data.exported(links.customer_of(token).customer), "my-data.json")

        return await own.answer(request, exported, LINK_WANTED)

    @router.delete("/me", summary="Delete all that is kept of you", responses=RESPONSES, dependencies=[guard])
    async def delete_own_data(request: Request) -> Response:
        async def erased(token: str) -> Response:
            return _file(await data.erased(links.customer_of(token).customer), "certificate.json")

        return await own.answer(request, erased, LINK_WANTED)

    _add_call(router, data, own, receipts)
    return router


def _add_call(router: APIRouter, data: OwnData, own: Own, receipts: CallReceipts) -> None:
    """What is kept of one call, to who was on it."""
    path, guard = "/calls/{call_id}/data", checked_by("the call's receipt, as a bearer token")

    @router.get(path, summary="Download what is kept of your call", responses=RESPONSES, dependencies=[guard])
    async def get_call_data(call_id: str, request: Request) -> Response:
        async def exported(receipt: str) -> Response:
            receipts.check(receipt, call_id)
            return _file(await data.call_exported(call_id), "my-call.json")

        return await own.answer(request, exported, RECEIPT_WANTED)

    @router.delete(path, summary="Delete what is kept of your call", responses=RESPONSES, dependencies=[guard])
    async def delete_call_data(call_id: str, request: Request) -> Response:
        async def erased(receipt: str) -> Response:
            receipts.check(receipt, call_id)
            return _file(await data.call_erased(call_id), "certificate.json")

        return await own.answer(request, erased, RECEIPT_WANTED)


def _file(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type="application/json", headers=headers)
