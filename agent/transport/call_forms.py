"""What `POST /api/calls` is sent and what it answers."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Body
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from agent.core.consent import Choice, Purpose
from agent.core.signed_customer import LOCALE, LONGEST_TOKEN


class CallRequest(BaseModel):
    """A customer's choice on the notice."""

    model_config = ConfigDict(extra="forbid")

    choice: Choice
    consent_version: str = Field(max_length=32)
    locale: str = Field("en", max_length=35, pattern=LOCALE)
    place: str | None = Field(None, max_length=64)
    """In line: the `place` of the last 503."""
    also: list[Purpose] = Field([], max_length=8)
    """What the customer said yes to of what the notice asks for apart from the choice."""
    customer: str | None = Field(None, max_length=LONGEST_TOKEN)
    """Token of the customer's link; absent for a guest."""


class LinkRequest(BaseModel):
    """A program of the business asks for a link by which one customer may call once."""

    model_config = ConfigDict(extra="forbid")

    customer: str = Field(min_length=1, max_length=256)
    """As the business knows them; the archive holds a pseudonym."""
    locale: str | None = Field(None, max_length=35, pattern=LOCALE)
    """The customer's language; their browser's where none is given."""
    domain: str | None = Field(None, max_length=128)
    """The domain pack that the call is for; an agent that runs another refuses the link."""


class JoinLink(BaseModel):
    """What the business gives its customer."""

    join_url: str
    token: str
    """The one in the link, for a page or an app of the business's own: the `customer` of its call request."""
    expires_at: int
    """Unix time in seconds. A call that began goes on, and who stands in line stays there."""


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
    wait_s: int | None = None
    """How long the wait may be; absent until a call has ended by which that could be told."""


class IceServerOffer(BaseModel):
    """An entry of `RTCConfiguration.iceServers`."""

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = None


class CallOffer(BaseModel):
    """A call that may be set up with WHIP."""

    call_id: str
    token: str
    whip_url: str
    ice_servers: list[IceServerOffer]
    media: MediaWish
    purposes: list[str]
    receipt: str | None = None
    """Proves after the call whose it was: for `/api/calls/{call_id}/survey` and `/api/calls/{call_id}/data`."""
    receipt_until: int | None = None
    """When the receipt runs out, in Unix seconds."""


def _kind(body: Any) -> str:
    """A request for a link is one that makes no choice."""
    return "link" if isinstance(body, Mapping) and "choice" not in body and "customer" in body else "call"


Wish = Annotated[
    Annotated[CallRequest, Tag("call")] | Annotated[LinkRequest, Tag("link")], Discriminator(_kind), Body()
]
