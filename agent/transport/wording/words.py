"""What a language must have words for, so that the notice can be shown in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from agent.core.consent import Choice, Purpose

Leaving = Literal["leave"]
KeptClass = Literal[
    "transcripts", "replies", "signals", "tracks", "recordings", "labels", "surveys", "calls", "consents", "memory"
]
"""Classes of what is kept of a customer; each is a field `…_days` of `RetentionSettings`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    label: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One language. All is read by customers who decide by it: plain words, nothing left out that bears on it."""

    language: str
    """ISO 639-1."""
    title: str
    opening: str
    """That an AI answers, and that a person can be asked for."""
    with_emotion: str
    without_emotion: str
    """What is analysed where emotion is not asked for at all."""
    analysed_while: str
    """How long picture and sound are used, where they are not recorded."""
    analysed_while_recording: str
    """The same where a customer may agree that they are recorded."""
    free: str
    """That nothing depends on the answer; only where there is one to give."""
    buttons: Mapping[Choice | Leaving, Button]
    only: Button
    """In place of the button of `WITHOUT_EMOTION` where nothing else is offered."""
    extras: Mapping[Purpose, Button]
    """What can be said yes to apart; `{days}` in the detail is how long it is kept."""
    more: str
    """Heading of the rest, which is folded away."""
    purposes_title: str
    purposes: Mapping[Purpose, str]
    """What is done for each purpose, and what for."""
    kept_title: str
    kept: Mapping[KeptClass, str]
    days: str
    """How long, with `{days}`."""
    for_ever: str
    not_recorded: str
    recorded_if_agreed: str
    """In its place, where a customer may agree to it."""
    not_kept: str
    rights: str
    controller: str
    """With `{controller}`."""
    contact: str
    """With `{contact}`."""
    choose: str
    """What the buttons are for, to who cannot see them."""
    footer: str
    """With `{version}`."""
