"""What supervisors ask of past calls, checked."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Grouping = Literal["day", "intent", "domain", "outcome", "language"]
Format = Literal["csv", "json", "parquet"]
LabelKind = Literal["emotion", "gesture", "intent"]
CALL_ID = r"^[A-Za-z0-9_-]{1,64}$"
MOST_ON_PAGE = 100
MOST_HITS = 200
PLACE = r"^[0-9]{1,11}(\.[0-9]{1,20})?~[A-Za-z0-9_-]{1,64}$"


class Span(BaseModel):
    """Between two times, in Unix seconds."""

    from_at: float | None = Field(None, ge=0, le=1e11)
    until_at: float | None = Field(None, ge=0, le=1e11)


class CallsWish(Span):
    """Which calls to list."""

    model_config = ConfigDict(extra="forbid")

    intent: str | None = Field(None, max_length=64)
    domain: str | None = Field(None, pattern=r"^[A-Za-z0-9_.-]{1,64}$")
    outcome: str | None = Field(None, pattern=r"^[a-z_]{1,32}$")
    language: str | None = Field(None, pattern=r"^[a-z]{2,3}$")
    before: str | None = Field(None, pattern=PLACE)
    """The `next` of an earlier page."""
    limit: int = Field(50, ge=1, le=MOST_ON_PAGE)

    @property
    def place(self) -> tuple[float, str] | None:
        """Where the page before ended."""
        if self.before is None:
            return None
        started_at, _, call_id = self.before.partition("~")
        return float(started_at), call_id


class SearchWish(Span):
    model_config = ConfigDict(extra="forbid")

    words: str = Field(min_length=2, max_length=200, pattern=r"\S")
    """All of which stand in one line, or name an event."""
    limit: int = Field(50, ge=1, le=MOST_HITS)


class TrendsWish(Span):
    model_config = ConfigDict(extra="forbid")

    by: Grouping = "day"
    utc_offset_min: int = Field(0, ge=-14 * 60, le=14 * 60)
    """Of the days of whoever looks."""


class TableWish(TrendsWish):
    what: Literal["calls", "trends"] = "trends"
    format: Format = "csv"


class LabelWish(BaseModel):
    """A moment of a call that has ended, and what the agent had right or wrong in it."""

    model_config = ConfigDict(extra="forbid")

    call_id: str = Field(pattern=CALL_ID)
    at_s: float = Field(ge=0, le=1e6)
    """Since the call began."""
    kind: LabelKind
    read: str = Field(min_length=1, max_length=64)
    right: str = Field("", max_length=64)
