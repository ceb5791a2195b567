"""Finds the order that a customer speaks of, and only if it is theirs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from agent.core.cards import CardAction, CardContent, CardItem
from agent.dialogue.domains.shop.accounts import signed_in
from agent.dialogue.domains.shop.catalogue import SPOKEN_AT_ONCE, content_words
from agent.dialogue.domains.shop.tables import customers, order_lines, orders, products, returns, shipments
from agent.dialogue.identity import surnames
from agent.dialogue.tools import ToolCall, ToolResult
from agent.dialogue.wording import Wording, wording

SHOWN_AT_ONCE = 6
_PLACES = {"first": 0, "second": 1, "third": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    id: int
    product_id: int
    product: str
    quantity: int
    price_cents: int
    """Of one, when it was ordered."""
    return_number: int | None
    returned_on: date | None
    """When the goods came back to the shop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    id: str
    address: str
    shipping_cents: int
    ships_on: date
    cancelled_on: date | None
    carrier: str | None
    expected_on: date | None
    delivered_on: date | None
    lines: tuple[OrderLine, ...]

    def spoken_items(self, words: Wording) -> str:
        return words.listing([words.goods(line.product, line.quantity) for line in self.lines], "and")

    def goods_cents(self) -> int:
        return sum(line.price_cents * line.quantity for line in self.lines)

    def total_cents(self) -> int:
        """What the customer pays, shipping included."""
        return self.goods_cents() + self.shipping_cents


Suits = Callable[[Order, date], bool]
"""Whether an order may be meant where no number was given."""


def find_order(connection: Connection, call: ToolCall, today: date, suits: Suits) -> Order | ToolResult:
    """The order that the call names, or the outcome that says why there is none.

    A customer whom the shop knows sees their own orders, and need not know a number: the only one that `suits`, or that
    holds what they name, is meant. Anyone else proves that an order is theirs by its number and the surname on it. An
    order of somebody else is not told apart from one that does not exist.
    """
    known = signed_in(connection, call)
    if "order_id" not in call.arguments:
        if known is None:
            return ToolResult(outcome="which_order")
        return _meant(_own_orders(connection, known.id), call, today, suits)
    if known is None and "surname" not in call.arguments:
        return ToolResult(outcome="who_is_it")
    owned = select(orders.c.id, customers.c.surname).join(customers)
    if known is not None:
        owned = owned.where(orders.c.customer_id == known.id)
    names = surnames(call.arguments.get("surname", ""))
    wanted = call.arguments["order_id"].upper()
    for order_id, surname in connection.execute(owned.order_by(orders.c.id)):
        named = wanted in (order_id, order_id[1:])
        if named and (known is not None or surname.casefold() in names):
            return load_order(connection, order_id)
    return ToolResult(outcome="not_found" if known is not None else "no_match")


def _own_orders(connection: Connection, customer: int) -> list[Order]:
    """All orders of a customer, the latest first."""
    own = select(orders.c.id).where(orders.c.customer_id == customer)
    latest = own.order_by(orders.c.placed_on.desc(), orders.c.id.desc())
    return [load_order(connection, order_id) for order_id in connection.scalars(latest)]


def _meant(own: Sequence[Order], call: ToolCall, today: date, suits: Suits) -> Order | ToolResult:
    """The one order that may be meant, or `which_of_these`."""
    said = content_words(call.arguments.get("product", ""))
    fits = [order for order in own if suits(order, today)]
    candidates = _holding(fits, said) or _holding(own, said) or fits or list(own)
    if call.arguments.get("place") == "last":
        candidates = candidates[:1]
    if (place := _PLACES.get(call.arguments.get("which", ""))) is not None:
        candidates = candidates[place : place + 1] or candidates
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        return ToolResult(outcome="which_order")
    words = wording(__package__, call.language)
    named = [
        words.phrase("{order} with {items}", order=order.id, items=order.spoken_items(words))
        for order in candidates[:SPOKEN_AT_ONCE]
    ]
    return ToolResult(
        outcome="which_of_these",
        values={"options": words.listing(named, "and")},
        card=CardContent(items=tuple(_card_item(order, words) for order in candidates[:SHOWN_AT_ONCE])),
    )


def _holding(among: Sequence[Order], said: set[str]) -> list[Order]:
    return [order for order in among if any(said & content_words(line.product) for line in order.lines)]


def _card_item(order: Order, words: Wording) -> CardItem:
    choose = CardAction(label=words.phrase("This one"), say=words.phrase("Order {order}", order=order.id))
    title = words.phrase("Order {order}", order=order.id)
    return CardItem(
        title=title, value=words.money(order.total_cents()), text=order.spoken_items(words), actions=(choose,)
    )


def chosen_line(order: Order, call: ToolCall) -> OrderLine | None:
    """The line that the customer's word for the product fits; the only line there is when there is one."""
    if len(order.lines) == 1:
        return order.lines[0]
    said = content_words(call.arguments.get("product", ""))
    fits = [line for line in order.lines if said & content_words(line.product)]
    return fits[0] if len(fits) == 1 else None


def load_order(connection: Connection, order_id: str) -> Order:
    """An order that is known to exist, whosever it is."""
    head = connection.execute(
        select(
            orders.c.address,
            orders.c.shipping_cents,
            orders.c.ships_on,
            orders.c.cancelled_on,
            shipments.c.carrier,
            shipments.c.expected_on,
            shipments.c.delivered_on,
        )
        .outerjoin_from(orders, shipments)
        .where(orders.c.id == order_id)
    ).one()
    lines = connection.execute(
        select(
            order_lines.c.id,
            order_lines.c.product_id,
            products.c.name,
            order_lines.c.quantity,
            order_lines.c.price_cents,
            returns.c.number,
            returns.c.received_on,
        )
        .select_from(order_lines.join(products).outerjoin(returns))
        .where(order_lines.c.order_id == order_id)
        .order_by(order_lines.c.id)
    )
    return Order(
        id=order_id,
        address=head.address,
        shipping_cents=head.shipping_cents,
        ships_on=head.ships_on,
        cancelled_on=head.cancelled_on,
        carrier=head.carrier,
        expected_on=head.expected_on,
        delivered_on=head.delivered_on,
        lines=tuple(
            OrderLine(
                id=line.id,
                product_id=line.product_id,
                product=line.name,
                quantity=line.quantity,
                price_cents=line.price_cents,
                return_number=line.number,
                returned_on=line.received_on,
            )
            for line in lines
        ),
    )
