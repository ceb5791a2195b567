"""What the agent would say next, shown to those who watch before any of it is said."""

from agent.dialogue.protocol import Say, Suggest
from agent.transport.hub import Hub
from agent.transport.supervisor_messages import NextReply


class NextReplies:
    """Belongs to one call; there is one at a time."""

    def __init__(self, call_id: str, hub: Hub) -> None:
        self._call_id = call_id
        self._hub = hub
        self._shown = False

    def expect(self, reply: Say) -> None:
        """The agent says this once the customer proves to have finished."""
        self._show(reply, suggested=False)

    def suggest(self, reply: Say | Suggest) -> None:
        """The person who has the call may say this."""
        self._show(reply, suggested=True)

    def clear(self) -> None:
        """Nothing is known any more of what would be said."""
        if self._shown:
            self._shown = False
            self._hub.publish_event(self._call_id, NextReply(call_id=self._call_id, text=""))

    def _show(self, reply: Say | Suggest, *, suggested: bool) -> None:
        self._shown = True
        message = NextReply(
            call_id=self._call_id,
            text=reply.text,
            because=tuple(reason.words for reason in reply.because),
            told_because=tuple(reason.sentence for reason in reply.because),
            suggested=suggested,
        )
        self._hub.publish_event(self._call_id, message)
