"""Settings of what supervisors are shown and alerted to; docs/supervising.md."""

from pydantic import Field

from agent.core.settings.section import Section


class SupervisionSettings(Section):
    """When a call is brought to supervisors' notice, and what counts as answered in time."""

    answered_within_s: float = Field(20.0, gt=0)
    """The service level is the share of customers who had a free line within this time."""
    cooldown_s: float = Field(120.0, ge=0)
    """An alert whose reason has gone comes back no sooner than this, except when a person is asked for again."""
    person_urgent_after_s: float = Field(60.0, gt=0)
    """Who asked for a person and still has none after this is urgent."""
    low_valence: float = Field(-0.25, ge=-1, le=0)
    low_affect_prob: float = Field(0.6, gt=0, le=1)
    """Calibrated probability that the state must have to count: below it nobody is alarmed."""
    low_affect_s: float = Field(8.0, gt=0)
    """A low state counts once it has lasted so long."""
    misunderstandings: int = Field(3, ge=2, le=8)
    """So many requests in a row that the agent does not know."""
    held_s: float = Field(60.0, gt=0)
    silence_s: float = Field(45.0, gt=0)
    tool_failures: int = Field(2, ge=1, le=8)
    """Within two minutes."""
    loss_share: float = Field(0.05, gt=0, le=1)
    """Share of the customer's packets that are lost."""
    loss_s: float = Field(5.0, gt=0)
    """Loss counts once it has lasted so long."""
