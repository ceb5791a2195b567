"""Finds the order that a customer speaks of, and only if it is theirs."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from agent.dialogue.domains.shop.catalogue import content_words
from agent.dialogue.domains.shop.tables import customers, order_lines, orders, products, returns, shipments
from agent.dialogue.identity import surnames
from agent.dialogue.tools import ToolCall, ToolResult


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

    def goods_cents(self) -> int:
        return sum(line.price_cents * line.quantity for line in self.lines)

    def total_cents(self) -> int:
        """What the customer pays, shipping included."""
        return self.goods_cents() + self.shipping_cents


def find_order(connection: Connection, call: ToolCall) -> Order | ToolResult:
    """The order that the call names, or the outcome that says why there is none.

    A customer whom the shop knows sees their own orders. Anyone else proves that an order is theirs by its number and
    the surname on it. An order of somebody else is not told apart from one that does not exist.
    """
    known = connection.scalar(select(customers.c.id).where(customers.c.pseudonym == call.customer))
    if known is None and "surname" not in call.arguments:
        return ToolResult(outcome="who_is_it")
    owned = select(orders.c.id, customers.c.surname).join(customers)
    if known is not None:
        owned = owned.where(orders.c.customer_id == known)
    names = surnames(call.arguments.get("surname", ""))
    wanted = call.arguments.get("order_id", "").upper()
    for order_id, surname in connection.execute(owned.order_by(orders.c.id)):
        named = wanted in (order_id, order_id[1:])
        if named and (known is not None or surname.casefold() in names):
            return load_order(connection, order_id)
    return ToolResult(outcome="not_found" if known is not None else "no_match")


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
