"""`GET /api/notice`: what a customer reads before any analysis, of just what is asked of them."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from agent.core.errors import LinkRejected
from agent.core.settings import Settings
from agent.transport.auth import bearer_token, open_to_all
from agent.transport.links import JoinLinks
from agent.transport.notice import Notice, notice_for
from agent.transport.published import answer_of


def notice_router(settings: Settings, links: JoinLinks) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["Calls"])

    def wants_emotion(request: Request) -> bool:
        """Whether the business whose link is shown lets emotion be asked for; a link that is not good says nothing, and
        opens no call either."""
        token = bearer_token(request)
        try:
            return token is None or links.customer_of(token).emotion
        except LinkRejected:
            return True

    @router.get(
        "/notice",
        summary="What a customer reads before any analysis; who comes by a link shows its token as a bearer token",
        responses=answer_of(Notice),
        dependencies=[open_to_all("who has not said anything yet")],
    )
    async def get_notice(request: Request, locale: Annotated[str, Query(max_length=35)] = "en") -> JSONResponse:
        asked = settings.privacy.asked(emotion=wants_emotion(request))
        notice = notice_for(locale, asked, settings)
        return JSONResponse(msgspec.to_builtins(notice), headers={"Vary": "Authorization"})

    return router
