"""`POST /api/calls`: a program of the business gets a link for its customer, and a customer's choice becomes a call."""

import time
from typing import Any
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Request, Response

from agent.core.consent import CONSENT_VERSION
from agent.core.errors import AtCapacity, ConsentMissing, LinkRejected
from agent.core.ice_servers import ice_servers
from agent.core.identity import Role
from agent.core.settings import ProgramKey, Settings
from agent.core.signed_customer import GUEST, SignedCustomer
from agent.transport.addresses import base_of, host_of
from agent.transport.auth import bearer_token, checked_by
from agent.transport.call_forms import (
    CallOffer,
    CallRequest,
    IceServerOffer,
    InLine,
    JoinLink,
    LinkRequest,
    MediaWish,
    Wish,
)
from agent.transport.desk import CallDesk, CallWish, Ticket
from agent.transport.keys import ProgramKeys
from agent.transport.limits import Limits
from agent.transport.links import JoinLinks
from agent.transport.problems import problem
from agent.transport.receipts import CallReceipts

_RESPONSES: dict[int | str, dict[str, Any]] = {
    401: {"description": "A link is asked for without a key of the settings"},
    403: {"description": "The link is not good, or is needed (`reason`); `guests` tells whether one may call without"},
    409: {"description": "The notice has changed"},
    429: {"description": "Too many calls from this address; `Retry-After` says when to come back"},
    503: {"description": "No call can be taken now; a place in line is given", "model": InLine},
}


class CallOpening:
    """Who may open a call, and the opening."""

    def __init__(
        self,
        desk: CallDesk,
        settings: Settings,
        *,
        keys: ProgramKeys,
        links: JoinLinks,
        limits: Limits,
        receipts: CallReceipts | None = None,
    ) -> None:
        """Without `receipts` nobody can prove after a call that they were on it."""
        self._desk = desk
        self._settings = settings
        self._keys = keys
        self._links = links
        self._limits = limits
        self._receipts = receipts
        guests, server = settings.identity.guests, settings.server
        self._guests = server.on_loopback and not server.trusted_proxies if guests is None else guests

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/api", tags=["Calls"])

        @router.post(
            "/calls",
            status_code=201,
            response_model=CallOffer | JoinLink,
            response_model_exclude_none=True,
            summary="Consent, and get a token for one call; or, with a business's key, a link for a customer",
            responses=_RESPONSES,
            dependencies=[checked_by("the link, or the business's key")],
        )
        async def post_call(wish: Wish, request: Request) -> Any:
            client = self._limits.client_of(host_of(request))
            if isinstance(wish, LinkRequest):
                return self._link(wish, request, client)
            return self._call(wish, client)

        return router

    def _link(self, wish: LinkRequest, request: Request, client: str | None) -> JoinLink | Response:
        token = bearer_token(request)
        program = None if token is None else self._keys.program_of(token)
        if program is None:
            self._limits.ask(client)
            return problem(
                401,
                "a link needs a key of identity.keys with the role business, as `Authorization: Bearer KEY`",
                headers={"WWW-Authenticate": "Bearer"},
            )
        if program.role not in (Role.BUSINESS, Role.ADMIN):
            return problem(403, f"links are made with a key of the role business; this one's is {program.role}")
        return self._made(wish, program, request)

    def _made(self, wish: LinkRequest, program: ProgramKey, request: Request) -> JoinLink:
        token, expires_at = self._links.make(
            wish.customer, locale=wish.locale, domain=wish.domain, emotion=program.emotion
        )
        base = base_of(request, self._settings.server.public_url)
        language = "" if wish.locale is None else f"?lang={quote(wish.locale)}"
        return JoinLink(join_url=f"{base}/{language}#customer={token}", token=token, expires_at=expires_at)

    def _call(self, wish: CallRequest, client: str | None) -> CallOffer | Response:
        if wish.consent_version != CONSENT_VERSION:
            return problem(409, f"the notice has changed; show version {CONSENT_VERSION} and ask again")
        try:
            return self._offer(self._ticket(wish, client))
        except LinkRejected as error:
            self._limits.ask(client)
            return problem(403, str(error), more={"reason": error.reason, "guests": self._guests})
        except ConsentMissing as error:
            return problem(422, str(error))
        except AtCapacity as error:
            place = {"place": error.place, "position": error.position, "wait_s": error.wait_s}
            known = {name: value for name, value in place.items() if value is not None}
            return problem(503, str(error), headers={"Retry-After": str(error.retry_after_s)}, more=known)

    def _ticket(self, wish: CallRequest, client: str | None) -> Ticket:
        """Raises what `_call` makes answers of."""
        if wish.customer is None:
            if not self._guests:
                raise LinkRejected("needed")
            return self._opened(wish, client, SignedCustomer(customer=GUEST, expires_at=0), wish.place)

        def opening(who: SignedCustomer, place: str | None) -> Ticket:
            # Whom the business sends one by one, it answers for; a token for many calls could be passed on.
            return self._opened(wish, client if who.token_id is None else None, who, place)

        return self._links.open(wish.customer, wish.place, opening, withdraw=self._desk.withdraw)

    def _opened(self, wish: CallRequest, client: str | None, who: SignedCustomer, place: str | None) -> Ticket:
        self._limits.ask(client)
        return self._desk.open(
            CallWish(
                choice=wish.choice,
                locale=who.locale or wish.locale,
                place=place,
                customer=who.customer,
                client=client,
                asked=self._settings.privacy.asked(emotion=who.emotion),
                extras=wish.also,
            )
        )

    def _offer(self, ticket: Ticket) -> CallOffer:
        settings = self._settings
        servers = ice_servers(settings.server, call_id=ticket.call_id, now_s=time.time())
        receipt, receipt_until = (None, None) if self._receipts is None else self._receipts.make(ticket.call_id)
        return CallOffer(
            call_id=ticket.call_id,
            token=ticket.token,
            whip_url="/whip",
            ice_servers=[IceServerOffer(**msgspec.structs.asdict(server)) for server in servers],
            media=MediaWish(fps=settings.media.preferred_fps, width=settings.media.preferred_width_px),
            purposes=list(ticket.purposes),
            receipt=receipt,
            receipt_until=receipt_until,
        )
