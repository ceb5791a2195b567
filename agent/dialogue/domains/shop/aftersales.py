"""What becomes of an order: where it is, what is sent back, and what is paid back."""

from datetime import date, timedelta

from sqlalchemy import Connection, insert, select

from agent.core.cards import CardContent
from agent.dialogue.domains.shop.orders import Order, OrderLine, chosen_line
from agent.dialogue.domains.shop.tables import refunds, returns
from agent.dialogue.tools import ToolCall, ToolResult
from agent.dialogue.wording import Wording, wording

RETURN_WITHIN_DAYS = 30
POST_WITHIN_DAYS = 14
REFUND_TAKES_DAYS = 5


def is_open(order: Order, today: date) -> bool:
    """Still to come."""
    return order.cancelled_on is None and order.delivered_on is None


def may_be_returned(order: Order, today: date) -> bool:
    """Has come lately, with something in it that is not on its way back."""
    lately = order.delivered_on is not None and today - order.delivered_on <= timedelta(days=RETURN_WITHIN_DAYS)
    return lately and any(line.return_number is None for line in order.lines)


def may_be_refunded(order: Order, today: date) -> bool:
    """Was cancelled, or has come back, on its way back or may be sent back."""
    returned = any(line.return_number is not None for line in order.lines)
    return order.cancelled_on is not None or returned or may_be_returned(order, today)


def order_status(connection: Connection, order: Order, call: ToolCall, today: date) -> ToolResult:
    """`in_preparation`, `shipped`, `late`, `delivered` or `cancelled`."""
    words = wording(__package__, call.language)
    items = order.spoken_items(words)
    values = {"order_id": order.id, "items": items, "carrier": order.carrier or ""}
    if order.cancelled_on is not None:
        outcome, status = "cancelled", words.phrase("cancelled {when}", when=words.on_day(order.cancelled_on, today))
    elif order.delivered_on is not None:
        values["delivered"] = words.on_day(order.delivered_on, today)
        outcome, status = "delivered", words.phrase("delivered {when}", when=values["delivered"])
    elif order.expected_on is not None:
        values["expected"] = words.on_day(order.expected_on, today)
        outcome = "late" if order.expected_on < today else "shipped"
        pattern = "late, was due {when}" if outcome == "late" else "on its way, expected {when}"
        status = words.phrase(pattern, when=values["expected"])
    else:
        values["ships"] = words.on_day(max(order.ships_on, today), today)
        outcome, status = "in_preparation", words.phrase("being packed, leaves {when}", when=values["ships"])
    rows = [
        (words.phrase("Items"), items),
        (words.phrase("Status"), status),
        (words.phrase("Total"), words.money(order.total_cents())),
    ]
    if order.carrier is not None:
        rows.insert(2, (words.phrase("Carrier"), order.carrier))
    return ToolResult(outcome=outcome, values=values, rows=tuple(rows))


def return_options(connection: Connection, order: Order, call: ToolCall, today: date) -> ToolResult:
    """`ready` for one item, `choose` between several, or why nothing can be sent back."""
    words = wording(__package__, call.language)
    line = chosen_line(order, call)
    values = {"order_id": order.id}
    if order.cancelled_on is not None:
        return ToolResult(outcome="cancelled", values=values)
    if order.delivered_on is None:
        return ToolResult(outcome="not_delivered", values=values)
    if line is not None and line.return_number is not None:
        return _return_slip("already", order, line, line.return_number, words)
    if today - order.delivered_on > timedelta(days=RETURN_WITHIN_DAYS):
        return ToolResult(outcome="too_late", values=values | {"delivered": words.on_day(order.delivered_on, today)})
    if line is None:
        named = [words.phrase("the {name}", name=words.phrase(one.product)) for one in order.lines]
        return ToolResult(outcome="choose", values=values | {"options": words.listing(named, "or")})
    name = words.phrase(line.product)
    rows = ((words.phrase("Order"), order.id), (words.phrase("Send back"), name))
    return ToolResult(outcome="ready", values=values | {"product": line.product, "name": name}, rows=rows)


def open_return(connection: Connection, order: Order, call: ToolCall, today: date) -> ToolResult:
    """Writes the return, once an item."""
    options = return_options(connection, order, call, today)
    line = chosen_line(order, call)
    if options.outcome != "ready" or line is None:
        return options
    written = connection.execute(insert(returns).values(order_line_id=line.id, opened_on=today))
    assert written.inserted_primary_key is not None
    number, post_by = written.inserted_primary_key[0], today + timedelta(days=POST_WITHIN_DAYS)
    return _return_slip("opened", order, line, number, wording(__package__, call.language), post_by=post_by)


def refund_options(connection: Connection, order: Order, call: ToolCall, today: date) -> ToolResult:
    """`ready` with the sum, `paid` or `already` requested, or what has to come first."""
    words = wording(__package__, call.language)
    values = {"order_id": order.id}
    refund = connection.execute(select(refunds).where(refunds.c.order_id == order.id)).one_or_none()
    if refund is not None:
        return _refund_slip("already", order, refund.amount_cents, refund.requested_on, refund.paid_on, today, words)
    cents = _due_cents(order)
    if cents > 0:
        amount = words.money(cents)
        rows = ((words.phrase("Order"), order.id), (words.phrase("Refund"), amount))
        return ToolResult(outcome="ready", values=values | {"amount": amount}, rows=rows)
    on_its_way = next((line for line in order.lines if line.return_number is not None), None)
    if on_its_way is not None and on_its_way.return_number is not None:
        return _return_slip("return_on_its_way", order, on_its_way, on_its_way.return_number, words)
    if order.delivered_on is None:
        return ToolResult(outcome="not_delivered", values=values)
    if today - order.delivered_on > timedelta(days=RETURN_WITHIN_DAYS):
        return ToolResult(outcome="too_late", values=values | {"delivered": words.on_day(order.delivered_on, today)})
    return ToolResult(outcome="return_first", values=values)


def request_refund(connection: Connection, order: Order, call: ToolCall, today: date) -> ToolResult:
    """Writes the refund, once an order."""
    options = refund_options(connection, order, call, today)
    if options.outcome != "ready":
        return options
    cents = _due_cents(order)
    connection.execute(insert(refunds).values(order_id=order.id, amount_cents=cents, requested_on=today))
    return _refund_slip("requested", order, cents, today, None, today, wording(__package__, call.language))


def _due_cents(order: Order) -> int:
    """All of an order that was cancelled, with its shipping; else what has come back."""
    if order.cancelled_on is not None:
        return order.total_cents()
    return sum(line.price_cents * line.quantity for line in order.lines if line.returned_on is not None)


def _return_slip(
    outcome: str, order: Order, line: OrderLine, number: int, words: Wording, *, post_by: date | None = None
) -> ToolResult:
    name, reference = words.phrase(line.product), f"R{number}"
    values = {"order_id": order.id, "product": line.product, "name": name, "return_id": reference}
    rows = [
        (words.phrase("Return number"), reference),
        (words.phrase("Order"), order.id),
        (words.phrase("Item"), name),
    ]
    if post_by is not None:
        values["post_by"] = words.day(post_by)
        rows.append((words.phrase("Post by"), words.day(post_by)))
    return ToolResult(outcome=outcome, values=values, rows=tuple(rows), card=CardContent(reference=reference))


def _refund_slip(
    outcome: str, order: Order, cents: int, requested_on: date, paid_on: date | None, today: date, words: Wording
) -> ToolResult:
    values = {"order_id": order.id, "amount": words.money(cents)}
    amount = (words.phrase("Amount"), values["amount"])
    if paid_on is not None:
        values["paid"] = words.on_day(paid_on, today)
        return ToolResult(outcome="paid", values=values, rows=(amount, (words.phrase("Paid"), values["paid"])))
    values["account_by"] = words.day(requested_on + timedelta(days=REFUND_TAKES_DAYS))
    rows = (amount, (words.phrase("On your account by"), values["account_by"]))
    return ToolResult(outcome=outcome, values=values, rows=rows)
