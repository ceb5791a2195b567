"""Whose turn it is, from who is heard to speak, and when a customer speaks over the agent."""

from dataclasses import dataclass, replace
from typing import Literal

from agent.core.signals import Finding, TurnValue
from agent.core.types import Stamp

Holder = Literal["customer", "agent", "nobody"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnState:
    customer_speaks: bool = False
    agent_speaks: bool = False

    @property
    def holder(self) -> Holder:
        if self.customer_speaks:
            return "customer"
        return "agent" if self.agent_speaks else "nobody"


def customer(state: TurnState, *, speaks: bool, stamp: Stamp) -> tuple[TurnState, list[Finding]]:
    """The customer began or stopped speaking. Beginning while the agent speaks is a barge-in."""
    barge_in = speaks and state.agent_speaks and not state.customer_speaks
    return _moved(state, replace(state, customer_speaks=speaks), stamp, barge_in=barge_in)


def agent(state: TurnState, *, speaks: bool, stamp: Stamp) -> tuple[TurnState, list[Finding]]:
    """The agent's voice began or ended on the wire."""
    return _moved(state, replace(state, agent_speaks=speaks), stamp, barge_in=False)


def _moved(before: TurnState, after: TurnState, stamp: Stamp, *, barge_in: bool) -> tuple[TurnState, list[Finding]]:
    if before.holder == after.holder and not barge_in:
        return after, []
    value = TurnValue(holder=after.holder, barge_in=barge_in)
    return after, [Finding(value=value, confidence=None, valid=True, stamp=stamp, sources=("voice",))]
