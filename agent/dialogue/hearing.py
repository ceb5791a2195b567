"""What a line of the customer's leads to: an answer to what was asked, a flow, a help page, or asking once more."""

from dataclasses import replace

from agent.core.scripts import words_of
from agent.core.sentences import tell
from agent.dialogue import flows, knowledge
from agent.dialogue.conversation import Conversation, Phase, Task
from agent.dialogue.domain import AFFIRM, DENY, PERSON, Domain
from agent.dialogue.faq import FAQ
from agent.dialogue.flow_parts import LONGEST_ANSWER_WORDS
from agent.dialogue.protocol import Because, Chat, Intent, Utterance
from agent.dialogue.turn import Turn

REPEAT = "repeat"
REACTIONS = {
    AFFIRM: "a yes",
    DENY: "a no",
    REPEAT: "the wish to hear it again",
    FAQ: "a question for the help pages",
}
"""Intents that mean something only in view of what was said before; every other one is a flow of the domain."""
NO_INTENT, NOT_MINE = "the words came without an intent", "something that this agent cannot do"
MISSES_BEFORE_PERSON = 3
SURE_PROB = 0.6
"""An intent this probable is a change of mind, and not an odd answer to what was asked."""
CONFIRM_PROB = 0.8
"""A yes less probable than this may have been a cough: nothing is written for it."""
FILLERS = frozenset("a an the then please just well okay ok um uh oh".split())
BARE_ANSWER_WORDS = 3
"""So few words with the value in them are just that: "May 3rd, 1985"."""


def leaves_wording_open(conversation: Conversation, message: Utterance | Chat, domain: Domain, now_ns: int) -> bool:
    """True for a line that need not be answered by a flow: nothing is under way that it could be an answer to, it asks
    for nothing that is written or that a person is called for, and either no flow was found or the flow only looks up
    what is already known.
    """
    intent, text = message.intent, message.text.strip()
    if (
        not domain.flows.language_model
        or conversation.phase is not Phase.OPEN
        or conversation.task is not None
        or not text
    ):
        return False
    turn = Turn(conversation=conversation, domain=domain, now_ns=now_ns)
    if intent is None:
        return True
    if _at_once(turn, intent) is not None:
        return False
    if not _understood(turn, intent):
        return not any(domain.flows.slots[name].alone for name in intent.slots if name in domain.flows.slots)
    if intent.label in REACTIONS:
        return intent.label == FAQ
    flow = domain.flows.flows[intent.label]
    writes = any(outcome.do is not None for outcome in flow.outcomes.values())
    found = conversation.known.keys() | intent.slots.keys()
    return flow.look_up is not None and not writes and all(slot in found for slot in flow.needs)


def hear(turn: Turn, text: str, intent: Intent | None) -> None:
    """What comes of a line of the customer's."""
    turn.become(grounds=grounds(turn, intent))
    if intent is not None and (urgent := _at_once(turn, intent)) is not None:
        turn.become(misses=0)
        flows.start(turn, urgent, {})
        return
    task = turn.conversation.task
    if task is not None and task.asking is not None and not _changes_mind(turn, task, text, intent):
        answer = _answer(turn, task.asking, text, intent)
        if answer:
            turn.become(misses=0, grounds=_answering(turn, task, intent))
            turn.learn(answer)
            flows.advance(turn, replace(task, asking=None))
            return
    if intent is None or not _understood(turn, intent):
        if task is not None and _corrects(turn, task, intent):
            return
        _look_for_help(turn, text, intent)
        return
    turn.become(misses=0)
    match intent.label:
        case "affirm":
            _affirmed(turn, sure=intent.probability >= CONFIRM_PROB)
        case "deny":
            if task is None or not _corrects(turn, task, intent):
                flows.decline(turn)
        case "repeat":
            _repeat(turn)
        case "faq":
            _look_for_help(turn, text, intent)
        case flow:
            flows.start(turn, flow, intent.slots)


def _at_once(turn: Turn, intent: Intent) -> str | None:
    """The flow that goes before anything else, because it was asked for or because of a word that was used."""
    starts = turn.domain.flows.at_once
    named = next((starts[name] for name in intent.slots if name in starts), None)
    return intent.label if intent.label in starts.values() and _understood(turn, intent) else named


def _understood(turn: Turn, intent: Intent) -> bool:
    known = intent.label in turn.domain.flows.flows or intent.label in REACTIONS
    return known and not intent.out_of_scope and intent.probability >= turn.domain.flows.min_probability


def _changes_mind(turn: Turn, task: Task, text: str, intent: Intent | None) -> bool:
    """True when the customer, asked for something, clearly says something else instead.

    An order number by itself looks like a question for that order, and a sum of money like one for a loan, but here
    they are the answer. A no that names something corrects what was said before.
    """
    asked = task.asking or ""
    if intent is None or not _understood(turn, intent) or intent.label in (task.flow, AFFIRM, "greeting", "thanks"):
        return False
    slots, length = turn.domain.flows.slots, len(words_of(text))
    slot = slots[asked]
    if slot.free_text and length > LONGEST_ANSWER_WORDS and intent.label != PERSON:
        return False
    if intent.label == DENY and (intent.slots.keys() & slots.keys() or slot.no_means is not None):
        return False
    telling = sum(word.strip(".,!?") not in FILLERS for word in words_of(text.lower()))
    named = asked in intent.slots and (slot.alone == intent.label or telling <= BARE_ANSWER_WORDS)
    accepted = flows.first_of(slot.accepts, intent.slots) is not None and length <= LONGEST_ANSWER_WORDS
    return intent.probability >= SURE_PROB and not named and not accepted


def _answer(turn: Turn, asked: str, text: str, intent: Intent | None) -> dict[str, str]:
    """What these words tell of the slot that was asked for, or of another one that was wrong so far."""
    slots = turn.domain.flows.slots
    found = {} if intent is None else intent.slots
    named = {name: value for name, value in found.items() if name in slots}
    if asked not in named and (other := flows.first_of(slots[asked].accepts, found)) is not None:
        named[asked] = other
    if not named or slots[asked].free_text and asked not in named:
        named |= _as_said(turn, asked, text, intent)
    task, known = turn.conversation.task, turn.conversation.known
    taken = {} if task is None else flows.taken(turn.domain.flows.flows[task.flow], found)
    # "ten thousand over five years" answers more than how much.
    return {slot: value for slot, value in taken.items() if slot != asked and slot not in known} | named


def _as_said(turn: Turn, asked: str, text: str, intent: Intent | None) -> dict[str, str]:
    """What a yes, a no, or the words as they stand are worth as a value of the slot that was asked for."""
    slot = turn.domain.flows.slots[asked]
    reaction = intent.label if intent is not None and _understood(turn, intent) else None
    if reaction == DENY and slot.no_means is not None:
        return {asked: slot.no_means}
    if reaction == AFFIRM:
        return {} if slot.yes_means is None else {asked: slot.yes_means}
    return {asked: text} if slot.from_words and len(words_of(text)) <= slot.longest_words else {}


def _corrects(turn: Turn, task: Task, intent: Intent | None) -> bool:
    """Looks up anew when an answer to a yes-or-no question names something else than the question did."""
    if task.confirmation is None or intent is None:
        return False
    asked_about = task.confirmation.values
    taken = flows.taken(turn.domain.flows.flows[task.flow], intent.slots)
    named = taken | {name: value for name, value in intent.slots.items() if name in turn.domain.flows.slots}
    if all(asked_about.get(name, turn.conversation.known.get(name)) == value for name, value in named.items()):
        return False
    turn.become(misses=0)
    turn.learn(named)
    flows.advance(turn, replace(task, confirmation=None))
    return True


def grounds(turn: Turn, intent: Intent | None) -> tuple[Because, ...]:
    """What was understood, for people to read."""
    if intent is None:
        return (Because(kind="intent", words=NO_INTENT),)
    flow, percent = turn.domain.flows.flows.get(intent.label), f"{100 * intent.probability:.0f}"
    words: str
    if intent.out_of_scope:
        words = NOT_MINE
    elif not _understood(turn, intent):
        words = tell("unsure", intent=intent.label, percent=percent)
    else:
        words = tell("understood", means=flow.means if flow else REACTIONS[intent.label], percent=percent)
    return (Because.of("intent", words, () if intent.seq is None else (intent.seq,)),)


def _answering(turn: Turn, task: Task, intent: Intent | None) -> tuple[Because, ...]:
    seqs = () if intent is None or intent.seq is None else (intent.seq,)
    means = turn.domain.flows.flows[task.flow].means
    return (Because.of("intent", tell("answering", means=means), seqs),)


def _look_for_help(turn: Turn, text: str, intent: Intent | None) -> None:
    """What leads to no flow may name something to look up, or be a question for the help pages."""
    named = {} if intent is None else {name: v for name, v in intent.slots.items() if name in turn.domain.flows.slots}
    alone = next((flow for name in named if (flow := turn.domain.flows.slots[name].alone)), None)
    if turn.conversation.task is None and alone is not None:
        flows.start(turn, alone, named)
    elif turn.conversation.language in turn.domain.help_languages:
        knowledge.search(turn, text, intent)
    else:
        miss(turn, intent)


def miss(turn: Turn, intent: Intent | None) -> None:
    """Says that nothing was understood, each time with more help."""
    misses = turn.conversation.misses + 1
    turn.become(misses=misses)
    if misses >= MISSES_BEFORE_PERSON:
        turn.become(misses=0)
        turn.offer(PERSON, "offer_person")
    elif turn.conversation.task is not None:
        flows.ask_again(turn)
    elif intent is not None and (intent.out_of_scope or intent.label == FAQ):
        turn.offer(PERSON, "out_of_scope")
    else:
        turn.say("not_understood" if misses == 1 else "not_understood_again")


def _affirmed(turn: Turn, *, sure: bool) -> None:
    task, offer = turn.conversation.task, turn.conversation.offer
    if task is not None and task.confirmation is not None and task.confirmation.heard and sure:
        turn.become(task=replace(task, confirmation=None))
        turn.learn(task.confirmation.values)
        turn.call(task.confirmation.tool, key=f"{turn.conversation.call_id} {task.confirmation.say_id}")
    elif task is not None:
        flows.ask_again(turn)
    elif offer is not None:
        flows.start(turn, offer, {})
    else:
        turn.say("nothing_to_confirm")


def _repeat(turn: Turn) -> None:
    task, said = turn.conversation.task, turn.conversation.last_say
    if task is not None and task.confirmation is not None:
        turn.confirm(task, task.confirmation)
    elif said is not None:
        turn.speak(said.text)
