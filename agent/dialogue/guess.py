"""An answer that was made ready early, while it was not certain yet that the customer had finished."""

from dataclasses import dataclass, field, replace

from agent.dialogue.conversation import Conversation
from agent.dialogue.domain import Domain
from agent.dialogue.policy import step
from agent.dialogue.protocol import FromEngine, SignalSeen, Utterance


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """Goes out if the words prove to be all."""

    likely: Utterance
    before: Conversation
    """The conversation that it was made in."""
    after: Conversation
    """The conversation if it proves right."""
    held: tuple[FromEngine, ...] = field(repr=False)
    """Everything that goes out then."""

    def answers(self, final: Utterance, conversation: Conversation) -> bool:
        """Whether `final` says the same and nothing has happened in between."""
        same = (final.id, final.text, final.intent) == (self.likely.id, self.likely.text, self.likely.intent)
        return same and conversation is self.before

    def moved(
        self, seen: SignalSeen, before: Conversation, after: Conversation, now_ns: int, domain: Domain
    ) -> "Guess | None":
        """The guess after a signal that took the conversation from `before` to `after`; None if that was answered."""
        if before is not self.before or after.says != before.says:
            return None
        would_be, _ = step(self.after, seen, now_ns, domain)
        return replace(self, before=after, after=would_be)
