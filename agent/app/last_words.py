"""What the agent said last, to be said again to a customer whose connection broke while it was said, or soon after."""

from agent.app import plain_words
from agent.app.mouth import Reply

LONGEST = 600
"""Characters; whoever missed more than that reads it."""


class LastWords:
    """Replies since the customer's own last words."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._language = "en"

    def said(self, reply: Reply) -> None:
        """A reply is known to its end."""
        if reply.language != self._language:
            self._texts.clear()
        self._language = reply.language
        self._texts.append(reply.text)

    def answered(self) -> None:
        """The customer said something: what went before was heard."""
        self._texts.clear()

    def again(self, language: str) -> tuple[str, str]:
        """What to say to who is back, who speaks `language`; and the language that it is in."""
        text = " ".join(self._texts)
        if not text or len(text) > LONGEST:
            return plain_words.in_language(plain_words.CUT_OFF, language)
        before, spoken = plain_words.in_language(plain_words.CUT_OFF_SAYING, self._language)
        return (f"{before} {text}" if spoken == self._language else text), self._language
