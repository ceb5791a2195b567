"""Cards: what a customer looks at beside the call, put together from a few parts that any page can draw.

All text is shown as text and never read as markup. A page that does not know a part leaves it out, so what matters is
said aloud, too.
"""

from typing import Annotated, Literal

import msgspec


class CardPart(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a card."""


class CardRow(CardPart, frozen=True, kw_only=True):
    label: str
    value: str


class CardAction(CardPart, frozen=True, kw_only=True):
    """A button."""

    label: str
    say: str
    """Comes back as a chat line when the customer presses it."""
    primary: bool = False
    """True for the one that most customers want; drawn so."""


class CardTable(CardPart, frozen=True, kw_only=True):
    """Figures or features in columns: a loan month by month, products side by side."""

    columns: tuple[str, ...]
    """Heads; what stands in the first column names its row."""
    rows: tuple[tuple[str, ...], ...]
    """As many cells each as there are columns."""
    total: tuple[str, ...] = ()
    """A last row that sums up; empty for none."""


class CardItem(CardPart, frozen=True, kw_only=True):
    """One of several things to look at: a product, an order, a payment."""

    title: str
    value: str = ""
    """A price or sum."""
    text: str = ""
    """Why it is here, or what state it is in."""
    actions: tuple[CardAction, ...] = ()


class CardGroup(CardPart, frozen=True, kw_only=True):
    """Short choices under one heading, such as the free times of a day."""

    label: str
    actions: tuple[CardAction, ...]


class CardField(CardPart, frozen=True, kw_only=True):
    """A line to fill in."""

    name: str
    label: str
    kind: Literal["text", "digits", "date", "email", "tel", "money"] = "text"
    hint: str = ""


class CardForm(CardPart, frozen=True, kw_only=True):
    """Lines to fill in, which come back as one chat line."""

    fields: tuple[CardField, ...]
    say: str
    """The chat line, with `{name}` where the value of that field belongs; dates as 1985-05-03."""
    send: str = "Send"
    """Label of the button."""


class CardSource(CardPart, frozen=True, kw_only=True):
    """Where an answer was found."""

    title: str
    url: str = ""
    """http or https; empty for what has no address."""


class CardContent(CardPart, frozen=True, kw_only=True):
    """What a business's tool fills in beside labels and values."""

    text: str = ""
    reference: str = ""
    """A number to note down, such as that of a case."""
    table: CardTable | None = None
    items: tuple[CardItem, ...] = ()
    groups: tuple[CardGroup, ...] = ()
    source: CardSource | None = None


class Card(CardContent, frozen=True, kw_only=True):
    """A card with the id of an earlier one replaces it."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    title: str
    rows: tuple[CardRow, ...] = ()
    form: CardForm | None = None
    actions: tuple[CardAction, ...] = ()
