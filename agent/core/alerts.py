"""What may be wrong in a call so that a supervisor should look at it."""

from enum import StrEnum


class AlertKind(StrEnum):
    """Why a call wants a supervisor; of each there is one at a time in a call."""

    PERSON_ASKED = "person_asked"
    """The customer, or the agent for them, asks for a person and none has come."""
    LOW_AFFECT = "low_affect"
    """The customer has been clearly unwell with it for a while."""
    MISUNDERSTOOD = "misunderstood"
    """Several requests in a row were none that the agent knows."""
    HELD = "held"
    """The customer has waited on hold for long."""
    SILENCE = "silence"
    """Nobody has said anything for long."""
    TOOL_FAILED = "tool_failed"
    """Tools of the business failed several times."""
    CONNECTION = "connection"
    """Much of what the customer sends is lost on the way."""
