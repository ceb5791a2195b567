"""What a nod, a shake, a thumb or a wave does to a conversation."""

from dataclasses import replace

from agent.core.sentences import tell
from agent.core.signals import GestureSignal
from agent.dialogue import flows
from agent.dialogue.domain import AFFIRM, DENY
from agent.dialogue.protocol import Because
from agent.dialogue.turn import Turn

MIN_SIGN_PROB = 0.7
SAYS_BEFORE_THE_END = 2
"""Who waves before the agent has answered anything says hello."""


def see(turn: Turn, signal: GestureSignal) -> None:
    """A sign answers a question that is open, and only then; a yes to something that is written has to be spoken."""
    name = signal.value.name
    meaning = turn.domain.flows.gestures.get(name)
    if meaning is None or not signal.valid or (signal.confidence or 0.0) < MIN_SIGN_PROB:
        return
    task, offer = turn.conversation.task, turn.conversation.offer
    confirming = task is not None and task.confirmation is not None
    gesture = name.replace("_", " ")
    because = Because.of("gesture", tell("sign_answers", gesture=gesture), (signal.seq,))
    match meaning:
        case "deny" if confirming or offer is not None:
            turn.become(grounds=(because,))
            flows.decline(turn)
        case "affirm" if confirming:
            _ask_for_the_word(turn, because)
        case "affirm" if offer is not None:
            turn.become(grounds=(because,))
            flows.start(turn, offer, {})
        case flow if flow not in (AFFIRM, DENY) and task is None and offer is None:
            if turn.conversation.says >= SAYS_BEFORE_THE_END:
                because = Because.of("gesture", tell("sign_ends", gesture=gesture), (signal.seq,))
                turn.become(grounds=(because,))
                turn.offer(flow, f"offer_{flow}")


def _ask_for_the_word(turn: Turn, because: Because) -> None:
    task = turn.conversation.task
    if task is None or task.confirmation is None or task.confirmation.sign_answered:
        return
    confirmation = replace(task.confirmation, sign_answered=True)
    turn.become(grounds=(because,), task=replace(task, confirmation=confirmation))
    turn.say("sign_seen")
