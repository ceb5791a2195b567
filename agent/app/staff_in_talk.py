"""What people of the business do to the talk in one call: take it over, hand it back, write, whisper and correct."""

from agent.app.asking import Asking
from agent.app.captions import Captions
from agent.app.mouth import Mouth
from agent.app.next_reply import NextReplies
from agent.app.supervisors_words import SupervisorsWords
from agent.core.errors import OfferRejected
from agent.dialogue.protocol import Coach, Resumed, Say, SayDelta, SayEnd, StaffWrote, Suggest, TakenOver
from agent.storage.calls import CallStore
from agent.transport.messages import Caption


class StaffInTalk:
    """Belongs to the event loop and never waits. While a person has the call, the agent's mouth is silenced."""

    def __init__(
        self,
        call_id: str,
        mouth: Mouth,
        asking: Asking,
        captions: Captions,
        next_replies: NextReplies,
        store: CallStore,
    ) -> None:
        self._call_id = call_id
        self._mouth = mouth
        self._asking = asking
        self._captions = captions
        self._next = next_replies
        self._store = store
        self._words = SupervisorsWords()
        self._written = 0

    def take_over(self) -> None:
        """A person has the call: the agent falls silent, listens on, and answers nothing until `hand_back`."""
        cut_off = self._mouth.interrupt(force=True)
        if cut_off is not None:
            self._captions.show_cut(cut_off)
        self._mouth.silenced = True
        self._asking.waits = False
        self._next.clear()
        self._asking.tell(TakenOver())

    def hand_back(self) -> None:
        """The agent has the word again, and knows what the customer said meanwhile."""
        self._mouth.silenced = False
        self._asking.waits = True
        self._next.clear()
        self._asking.tell(Resumed())

    def write(self, text: str) -> None:
        """The person who has the call writes to the customer; nobody does while the agent has it.

        Raises `OfferRejected` then.
        """
        if not self._mouth.silenced:
            raise OfferRejected("take the call over first: the customer is told by whom they are helped", status=409)
        self._written += 1
        self._captions.show(Caption(id=f"staff-{self._written}", speaker="staff", text=text))
        self._store.record_utterance(self._call_id, "staff", text, typed=True)
        self._next.clear()
        self._asking.tell(StaffWrote(text=text))

    def whisper(self, text: str) -> None:
        """Tells the reply engine what a supervisor wants of it; the customer does not know."""
        self._asking.tell(Coach(text=text))

    def correct(self, text: str) -> None:
        """The next reply is these words, whatever the engine would have said."""
        self._words.put(text)

    def suggest(self, reply: Suggest | Say) -> None:
        """What the person who has the call may say; nothing while the agent has it."""
        if self._mouth.silenced:
            self._next.suggest(reply)

    def passed(self, message: Say | SayDelta | SayEnd) -> Say | SayDelta | SayEnd | None:
        """What the agent is to say of a reply, in a supervisor's words if there are some; it speaks over no person."""
        if self._mouth.silenced:
            if isinstance(message, Say):
                self._next.suggest(message)
            return None
        self._next.clear()
        return self._words.instead_of(message)
