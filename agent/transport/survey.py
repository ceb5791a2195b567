"""`POST /api/calls/{call_id}/survey`: how the call was, said by whoever was on it."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from agent.transport.auth import checked_by
from agent.transport.own_data import RECEIPT_WANTED, RESPONSES, Own, OwnData
from agent.transport.receipts import CallReceipts

LONGEST_TEXT = 1_000


class SurveyAnswer(BaseModel):
    """What a customer answers after a call."""

    model_config = ConfigDict(extra="forbid")

    score: Annotated[int, Field(ge=1, le=5, strict=True)]
    """5 is the best."""
    resolved: bool | None = None
    """Whether what they came for was done; None where they do not say."""
    text: str = Field("", max_length=LONGEST_TEXT)
    """In their own words."""


def survey_router(data: OwnData, own: Own, receipts: CallReceipts) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["Calls"])

    @router.post(
        "/calls/{call_id}/survey",
        status_code=204,
        summary="Say how the call was; a later answer takes the place of an earlier one",
        responses=RESPONSES,
        dependencies=[checked_by("the call's receipt, as a bearer token")],
    )
    async def post_survey(call_id: str, answer: SurveyAnswer, request: Request) -> Response:
        async def kept(receipt: str) -> Response:
            receipts.check(receipt, call_id)
            await data.keep_survey(call_id, score=answer.score, resolved=answer.resolved, text=answer.text.strip())
            return Response(status_code=204)

        return await own.answer(request, kept, RECEIPT_WANTED)

    return router
