"""Settings of how long what is kept of calls stays, by class of data."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from agent.core.settings.section import Section

Days = Annotated[int, Field(ge=1)] | None
"""None keeps it until it is erased."""


_ARCHIVED = frozenset(
    f"{name}_days" for name in ("transcripts", "replies", "signals", "labels", "surveys", "consents", "calls")
)
"""What is copied to MongoDB, too, where one is named."""


class RetentionSettings(Section):
    """Days from the beginning of a call until what is kept of it goes; `agent serve` looks once a day."""

    transcripts_days: Days = 90
    """What customers and staff said, and what the reply engine was sent."""
    replies_days: Days = 90
    """What the agent said and showed, and why."""
    signals_days: Days = 30
    """What was perceived, one signal a second and every event."""
    tracks_days: Days = 7
    """Points of faces and hands, where a customer agreed that they are kept."""
    recordings_days: Days = 30
    """Picture and sound, where a customer agreed that they are recorded."""
    labels_days: Days = 365
    """What staff noted about moments of calls."""
    surveys_days: Days = 365
    """What customers answered when they were asked how a call was."""
    consents_days: Days = 1_095
    """What customers agreed to: the proof, as long as somebody may ask for it."""
    calls_days: Days = 1_095
    """When a call was, how it ended and whose it was. All else of a call hangs on it."""
    customers_days: Days = 1_095
    """Pseudonyms of customers, from the last call."""
    memory_days: Days = None
    """What a domain pack remembers of those who agreed to be remembered, from their yes; by default until they take it
    back."""
    sessions_days: Days = 30
    """Staff's sessions that have run out."""
    audit_days: Days = None
    """Who did what with customers' data."""
    archive_days: Days = 365
    """Whole calls in MongoDB, where `storage.mongo_url` names one."""

    def longest(self, name: str, *, archived: bool) -> Days:
        """Days after which nothing is left of the class that the field `name` is of, also not in MongoDB where calls
        are `archived` there."""
        days: Days = getattr(self, name)
        if not archived or name not in _ARCHIVED:
            return days
        return None if days is None or self.archive_days is None else max(days, self.archive_days)

    @model_validator(mode="after")
    def _calls_outlive_what_hangs_on_them(self) -> Self:
        if self.calls_days is None:
            return self
        of_calls = (
            *("transcripts", "replies", "signals", "tracks", "recordings"),
            *("labels", "surveys", "consents", "archive"),
        )
        for name in of_calls:
            days = getattr(self, f"{name}_days")
            if days is None or days > self.calls_days:
                raise ValueError(f"calls_days is {self.calls_days}, so {name}_days cannot be {days or 'without end'}")
        return self
