"""The rules that are tried, each in calls of its own."""

from dataclasses import dataclass

from agent.dialogue.conformance import plays
from agent.dialogue.conformance.plays import Play


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    name: str
    title: str
    play: Play
    required: bool = True
    needs: tuple[str, ...] = ()
    """Rules that this one builds on."""


RULES = (
    Rule(name="hello", title="says hello first, in version 1", play=plays.hello),
    Rule(
        name="hello_unasked",
        title="does not wait for the agent's hello",
        play=plays.hello_unasked,
        required=False,
        needs=("hello",),
    ),
    Rule(name="words", title="answers what was said, in time", play=plays.words, needs=("hello",)),
    Rule(name="typed", title="answers what was typed, in time", play=plays.typed, needs=("words",)),
    Rule(name="partial", title="lets the customer finish", play=plays.partial, needs=("words",)),
    Rule(name="likely", title="answers early with `guess` only", play=plays.likely, needs=("words",)),
    Rule(name="barge_in", title="goes on when spoken over", play=plays.barge_in, needs=("words",)),
    Rule(name="signals", title="bears signals, valid or not", play=plays.bears(plays.signals), needs=("words",)),
    Rule(name="translated", title="bears words in another language", play=plays.translated, needs=("words",)),
    Rule(name="withdrawn", title="forgets feelings when consent is withdrawn", play=plays.withdrawn, needs=("words",)),
    Rule(name="taken_over", title="is silent while a person speaks", play=plays.taken_over, needs=("words",)),
    Rule(name="coach", title="bears a supervisor's whisper", play=plays.bears(plays.whisper), needs=("words",)),
    Rule(
        name="later_version",
        title="ignores what it does not know",
        play=plays.bears(plays.later_version),
        needs=("words",),
    ),
    Rule(
        name="garbage",
        title="bears messages that are broken or too long",
        play=plays.bears(plays.garbage),
        required=False,
        needs=("words",),
    ),
    Rule(name="resumed", title="takes a call up after a break", play=plays.resumed, needs=("words",)),
    Rule(name="two_calls", title="keeps two calls apart", play=plays.two_calls, needs=("words",)),
    Rule(name="pong", title="answers pings", play=plays.pong, needs=("hello",)),
    Rule(
        name="handoff",
        title="calls a person for who asks for one",
        play=plays.handoff,
        required=False,
        needs=("words",),
    ),
    Rule(name="ended", title="is silent after the end", play=plays.ended, needs=("words",)),
    Rule(name="card", title="shows cards whose buttons it answers", play=plays.card, needs=("words",)),
)
"""In the order in which they are tried."""
