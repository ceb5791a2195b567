"""What the kit says about one rule of the protocol."""

from enum import StrEnum

import msgspec

from agent.core.errors import AgentError, ProtocolError


class Broken(ProtocolError):
    """The engine broke the rule that is being tried; the message says how."""


class Unseen(AgentError):
    """The engine did nothing that the rule could be tried on; the message says what was missing."""


class Verdict(StrEnum):
    HOLDS = "holds"
    BROKEN = "broken"
    UNSEEN = "unseen"
    """The engine may do without the thing that the rule is about, and did."""
    UNTRIED = "untried"
    """A rule that this one builds on is broken."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one rule."""

    rule: str
    title: str
    required: bool
    """Whether a call suffers where the rule is broken. Others are good manners."""
    verdict: Verdict
    detail: str = ""
    """What was seen, in words."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What became of all rules."""

    url: str
    engine: str
    """As it calls itself; "" for one that said no hello."""
    ok: bool
    """Whether every required rule holds, as far as it could be tried."""
    answer_ms: tuple[float, ...]
    """How long each answer took that came in time."""
    findings: tuple[Finding, ...]
