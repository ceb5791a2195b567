"""What the customer's page was shown of one call and would have to be shown again, were it to be loaded anew."""

from collections import OrderedDict

import msgspec

from agent.core.cards import Card
from agent.transport.messages import (
    Caption,
    HideCard,
    Recalled,
    SendLess,
    ShowCard,
    ToPage,
)

MOST_CAPTIONS = 100
MOST_CARDS = 6
"""As many as the page keeps itself."""
LIMIT_BYTES = 48 * 1024
"""Of one message: what any browser's data channel takes (RFC 8841 section 6.1 has 64 KiB where nothing is said)."""


class Shown:
    """In memory only, and gone with the call."""

    def __init__(self) -> None:
        self._captions: OrderedDict[str, Caption] = OrderedDict()
        self._cards: OrderedDict[str, Card] = OrderedDict()
        self._less: SendLess | None = None

    def note(self, message: ToPage) -> None:
        """The page is, or has, shown this."""
        match message:
            case Caption(id=name, text=""):
                self._captions.pop(name, None)
            case Caption(id=name):
                self._captions[name] = message
                if len(self._captions) > MOST_CAPTIONS:
                    self._captions.popitem(last=False)
            case ShowCard(card=card):
                self._cards.pop(card.id, None)
                self._cards[card.id] = card
                if len(self._cards) > MOST_CARDS:
                    self._cards.popitem(last=False)
            case HideCard(id=name):
                self._cards.pop(name, None)
            case SendLess():
                self._less = message

    def again(self) -> list[ToPage]:
        """What a page that comes back is to be shown; of a long talk the end."""
        captions, cards = list(self._captions.values()), tuple(self._cards.values())
        recalled = Recalled(captions=tuple(captions), cards=cards)
        while captions and len(msgspec.json.encode(recalled)) > LIMIT_BYTES:
            captions = captions[len(captions) // 4 + 1 :]
            recalled = Recalled(captions=tuple(captions), cards=cards)
        return [recalled] if self._less is None else [recalled, self._less]
