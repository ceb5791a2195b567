"""Words of a supervisor in place of the engine's next reply."""

from agent.dialogue.protocol import Because, Say, SayDelta, SayEnd

IN_OTHER_WORDS = Because(kind="coach", words="a supervisor put it into these words")


class SupervisorsWords:
    """Belongs to one call."""

    def __init__(self) -> None:
        self._next: str | None = None
        self._streaming: str | None = None
        """The streamed reply that is being said: it is no next one."""
        self._replaced: str | None = None
        """The streamed reply in whose place that was said: the rest of it is not wanted."""

    def put(self, text: str) -> None:
        """The next reply is these words; what was put before and not yet said is forgotten."""
        self._next = text

    def instead_of(self, message: Say | SayDelta | SayEnd) -> Say | SayDelta | SayEnd | None:
        """What is to be said of a reply, or of a piece of one; None for what is left of one that was replaced."""
        if message.id == self._replaced:
            return None
        if self._next is None or isinstance(message, SayEnd) or message.id == self._streaming:
            self._streaming = message.id if isinstance(message, SayDelta) else None
            return message
        text, self._next = self._next, None
        self._replaced = message.id if isinstance(message, SayDelta) else None
        return Say(
            id=message.id,
            text=text,
            language=message.language,
            because=(IN_OTHER_WORDS,),
            in_reply_to=message.in_reply_to,
        )
