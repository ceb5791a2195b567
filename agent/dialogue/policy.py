"""What to do next: a function from a conversation and a message to the next conversation and what goes out.

Nothing here waits, reads a clock or touches a database: a `ToolCall` goes out and its `ToolResult` comes back in.
"""

from dataclasses import replace

from agent.core.signals import AffectSignal, GestureSignal, SceneSignal
from agent.dialogue import flows, knowledge, signs
from agent.dialogue.conversation import Conversation, Phase, Speaker
from agent.dialogue.domain import Domain
from agent.dialogue.hearing import hear, miss
from agent.dialogue.mood import Mood, observe
from agent.dialogue.pictures import cannot_see
from agent.dialogue.protocol import (
    GUEST,
    BargeIn,
    Because,
    CallEnded,
    CallStarted,
    Chat,
    Coach,
    ConsentChanged,
    Hide,
    Note,
    Resumed,
    SignalSeen,
    StaffWrote,
    TakenOver,
    ToEngine,
    Utterance,
)
from agent.dialogue.situation import Situation, heed
from agent.dialogue.tools import ToolResult
from agent.dialogue.turn import Outgoing, Turn

Incoming = ToEngine | ToolResult

HEARD_SHARE = 0.6
"""A question that was cut off before this share of it was spoken has to be asked again."""
PROOF = "(an answer that proves who I am)"
SAY_THIS = "say:"
"""A supervisor's whisper that begins so is spoken as it stands."""
IN_THESE_WORDS = "a supervisor asked for these words"
ONLY_SAYS = f'This engine only follows whispers that begin with "{SAY_THIS}".'


def step(
    conversation: Conversation, message: Incoming, now_ns: int, domain: Domain
) -> tuple[Conversation, tuple[Outgoing, ...]]:
    """The conversation after `message`, and what goes out because of it; at most one `ToolCall`, and that one last.

    A `ToolCall` must be answered with its `ToolResult` before the agent's next message is stepped.
    """
    turn = Turn(conversation=conversation, domain=domain, now_ns=now_ns)
    silent = conversation.phase in (Phase.TAKEN_OVER, Phase.ENDED)
    match message:
        case CallEnded():
            turn.become(phase=Phase.ENDED, task=None, offer=None)
        case Resumed() if conversation.phase is Phase.TAKEN_OVER:
            turn.become(phase=Phase.OPEN, grounds=())
            turn.say("handed_back")
        case StaffWrote() if conversation.phase is Phase.TAKEN_OVER:
            turn.become(history=conversation.remembering(Speaker.AGENT, message.text))
        case TakenOver() if not silent:
            turn.become(phase=Phase.TAKEN_OVER, task=None, offer=None)
        case SignalSeen(signal=AffectSignal() as signal):
            turn.become(mood=observe(conversation.mood, signal, now_ns))
        case SignalSeen(signal=SceneSignal() as signal):
            turn.become(situation=heed(conversation.situation, signal, now_ns))
        case ConsentChanged():
            turn.become(mood=Mood(), situation=Situation(), purposes=frozenset(message.purposes))
        case CallStarted() if conversation.phase is not Phase.ENDED:
            _begin(turn, message)
        case ToolResult() if not silent and conversation.search is not None:
            if not knowledge.take(turn, message):
                miss(turn, conversation.search.intent)
        case ToolResult() if not silent:
            flows.take_result(turn, message)
        case SignalSeen() | Utterance() | Chat() | BargeIn() | Coach() if not silent:
            _attend(turn, message)
        case Utterance(final=True) | Chat() if conversation.phase is Phase.TAKEN_OVER and message.text.strip():
            remember(turn, message)
    return turn.conversation, (*_hide_answered(conversation, turn.conversation), *turn.outgoing)


def _hide_answered(before: Conversation, after: Conversation) -> tuple[Hide, ...]:
    """Takes cards away whose question is no longer open: a late press of a yes must not meet another question."""
    was, still = (frozenset() if task is None else task.cards for task in (before.task, after.task))
    return tuple(Hide(card=card) for card in sorted(was - still))


def _attend(turn: Turn, message: SignalSeen | Utterance | Chat | BargeIn | Coach) -> None:
    """What only matters while the engine has the word."""
    match message:
        case SignalSeen(signal=GestureSignal() as signal):
            signs.see(turn, signal)
        case Chat(picture=picture) if picture:
            remember(turn, message)
            turn.speak(cannot_see(turn.conversation.language))
        case Utterance(final=True) | Chat() if message.text.strip():
            remember(turn, message)
            hear(turn, message.text.strip(), message.intent)
        case BargeIn():
            _be_cut_off(turn, message)
        case Coach():
            _be_coached(turn, message.text.strip())


def remember(turn: Turn, message: Utterance | Chat) -> None:
    """Keeps what was said, and in which language, but no answer to a question that proves who the customer is."""
    conversation = turn.conversation
    asked = conversation.task.asking if conversation.task is not None else None
    secret = asked is not None and turn.domain.flows.slots[asked].whole_call
    turn.become(
        language=turn.domain.language_for(message.language, otherwise=conversation.language),
        history=conversation.remembering(Speaker.CUSTOMER, PROOF if secret else message.text.strip()),
    )


def _begin(turn: Turn, call: CallStarted) -> None:
    fresh = turn.conversation.phase is Phase.NEW
    if turn.conversation.phase is Phase.TAKEN_OVER or not (fresh or call.resumed):
        return
    language = turn.domain.language_for(call.locale, otherwise=turn.conversation.language)
    purposes = frozenset(call.purposes)
    turn.become(phase=Phase.OPEN, customer=call.customer, grounds=(), language=language, purposes=purposes)
    if not call.resumed and turn.domain.flows.welcome is not None and call.customer != GUEST:
        flows.start(turn, turn.domain.flows.welcome, {})
    elif not call.resumed:
        turn.say("greeting")
    elif fresh:
        turn.say("resumed_blank")
    else:
        turn.say("resumed")
        flows.ask_again(turn)


def _be_cut_off(turn: Turn, cut: BargeIn) -> None:
    task, said = turn.conversation.task, turn.conversation.last_say
    if task is None or task.confirmation is None or said is None or task.confirmation.say_id != cut.say:
        return
    if len(cut.heard_text) < HEARD_SHARE * len(said.text):
        turn.become(task=replace(task, confirmation=replace(task.confirmation, heard=False)))


def _be_coached(turn: Turn, whisper: str) -> None:
    if whisper.lower().startswith(SAY_THIS) and (words := whisper[len(SAY_THIS) :].strip()):
        turn.become(grounds=(Because(kind="coach", words=IN_THESE_WORDS),))
        turn.speak(words)
    else:
        turn.outgoing.append(Note(text=ONLY_SAYS))
