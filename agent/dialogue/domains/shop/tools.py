"""What the shop can look up and write, each in one transaction, and each the same when asked twice."""

import logging
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import SQLAlchemyError

from agent.dialogue.domains.shop.database import open_database
from agent.dialogue.domains.shop.orders import Order, OrderLine, find_order
from agent.dialogue.domains.shop.tables import refunds, returns
from agent.dialogue.spoken import day, goods, listing, money, on_day
from agent.dialogue.tools import FAILED, ToolCall, ToolResult

log = logging.getLogger(__name__)

RETURN_WITHIN_DAYS = 30
POST_WITHIN_DAYS = 14
REFUND_TAKES_DAYS = 5

Tool = Callable[[Connection, Order, ToolCall, date], ToolResult]


class ShopTools:
    """The tools order_status, return_options, open_return, refund_options and request_refund on one database."""

    def __init__(self, database: Path, *, today: Callable[[], date] = date.today) -> None:
        """`today` says which day it is in the shop. Raises `StoreError` when the file cannot be used."""
        self._today = today
        self._engine = open_database(database, today=today())
        self._tools: dict[str, Tool] = {
            "order_status": _order_status,
            "return_options": _return_options,
            "open_return": _open_return,
            "refund_options": _refund_options,
            "request_refund": _request_refund,
        }

    def run(self, call: ToolCall) -> ToolResult:
        """One tool in one transaction. `failed` when the tool is unknown or the database does not answer."""
        tool = self._tools.get(call.name)
        if tool is None:
            log.error("the shop has no tool %s", call.name)
            return FAILED
        try:
            with self._engine.begin() as connection:
                order = find_order(connection, call)
                return order if isinstance(order, ToolResult) else tool(connection, order, call, self._today())
        except SQLAlchemyError as fault:
            log.error("tool %s failed: %s", call.name, type(fault).__name__)
            return FAILED

    def close(self) -> None:
        self._engine.dispose()


def _order_status(connection: Connection, order: Order, call: ToolCall, today: date) -> ToolResult:
    items = listing([goods(line.product, line.quantity) for line in order.lines], "and")
    values = {"order_id": order.id, "items": items, "carrier": order.carrier or ""}
    if order.cancelled_on is not None:
        outcome, status = "cancelled", f"cancelled {on_day(order.cancelled_on, today)}"
    elif order.delivered_on is not None:
        values["delivered"] = on_day(order.delivered_on, today)
        outcome, status = "delivered", f"delivered {values['delivered']}"
    elif order.expected_on is not None:
        values["expected"] = on_day(order.expected_on, today)
        late = order.expected_on < today
        outcome = "late" if late else "shipped"
        status = f"late, was due {values['expected']}" if late else f"on its way, expected {values['expected']}"
    else:
        values["ships"] = on_day(max(order.ships_on, today), today)
        outcome, status = "in_preparation", f"being packed, leaves {values['ships']}"
    rows = [("Items", items), ("Status", status), ("Total", money(order.total_cents()))]
    if order.carrier is not None:
        rows.insert(2, ("Carrier", order.carrier))
    return ToolResult(outcome=outcome, values=values, rows=tuple(rows))


def _return_options(connection: Connection, order: Order, call: ToolCall, today: date) -> ToolResult:
    line = _chosen(order, call)
    values = {"order_id": order.id}
    if order.cancelled_on is not None:
        return ToolResult(outcome="cancelled", values=values)
    if order.delivered_on is None:
        return ToolResult(outcome="not_delivered", values=values)
    if line is not None and line.return_number is not None:
        return _return_slip("already", order, line, line.return_number)
    if today - order.delivered_on > timedelta(days=RETURN_WITHIN_DAYS):
        return ToolResult(outcome="too_late", values=values | {"delivered": on_day(order.delivered_on, today)})
    if line is None:
        options = listing([f"the {line.product}" for line in order.lines], "or")
        return ToolResult(outcome="choose", values=values | {"options": options})
    rows = (("Order", order.id), ("Send back", line.product))
    return ToolResult(outcome="ready", values=values | {"product": line.product}, rows=rows)


def _open_return(connection: Connection, order: Order, call: ToolCall, today: date) -> ToolResult:
    options = _return_options(connection, order, call, today)
    line = _chosen(order, call)
    if options.outcome != "ready" or line is None:
        return options
    written = connection.execute(insert(returns).values(order_line_id=line.id, opened_on=today))
    assert written.inserted_primary_key is not None
    return _return_slip(
        "opened", order, line, written.inserted_primary_key[0], post_by=today + timedelta(days=POST_WITHIN_DAYS)
    )


def _refund_options(connection: Connection, order: Order, call: ToolCall, today: date) -> ToolResult:
    values = {"order_id": order.id}
    refund = connection.execute(select(refunds).where(refunds.c.order_id == order.id)).one_or_none()
    if refund is not None:
        return _refund_slip(refund.paid_on, refund.requested_on, refund.amount_cents, order, today)
    back = [line for line in order.lines if line.returned_on is not None]
    due = order.lines if order.cancelled_on is not None else back
    if due:
        amount = money(sum(line.price_cents * line.quantity for line in due))
        rows = (("Order", order.id), ("Refund", amount))
        return ToolResult(outcome="ready", values=values | {"amount": amount}, rows=rows)
    on_its_way = next((line for line in order.lines if line.return_number is not None), None)
    if on_its_way is not None and on_its_way.return_number is not None:
        return _return_slip("return_on_its_way", order, on_its_way, on_its_way.return_number)
    if order.delivered_on is None:
        return ToolResult(outcome="not_delivered", values=values)
    if today - order.delivered_on > timedelta(days=RETURN_WITHIN_DAYS):
        return ToolResult(outcome="too_late", values=values | {"delivered": on_day(order.delivered_on, today)})
    return ToolResult(outcome="return_first", values=values)


def _request_refund(connection: Connection, order: Order, call: ToolCall, today: date) -> ToolResult:
    options = _refund_options(connection, order, call, today)
    if options.outcome != "ready":
        return options
    due = [line for line in order.lines if order.cancelled_on is not None or line.returned_on is not None]
    cents = sum(line.price_cents * line.quantity for line in due)
    connection.execute(insert(refunds).values(order_id=order.id, amount_cents=cents, requested_on=today))
    return _refund_slip(None, today, cents, order, today, outcome="requested")


def _chosen(order: Order, call: ToolCall) -> OrderLine | None:
    """The line that the customer's word for the product fits; the only line there is when there is one."""
    if len(order.lines) == 1:
        return order.lines[0]
    said = {word.removesuffix("s") for word in re.findall(r"\w+", call.arguments.get("product", "").lower())}
    fits = [line for line in order.lines if said & {word.removesuffix("s") for word in line.product.split()}]
    return fits[0] if len(fits) == 1 else None


def _return_slip(
    outcome: str, order: Order, line: OrderLine, number: int, *, post_by: date | None = None
) -> ToolResult:
    values = {"order_id": order.id, "product": line.product, "return_id": f"R{number}"}
    rows = [("Return number", f"R{number}"), ("Order", order.id), ("Item", line.product)]
    if post_by is not None:
        values["post_by"] = day(post_by)
        rows.append(("Post by", day(post_by)))
    return ToolResult(outcome=outcome, values=values, rows=tuple(rows))


def _refund_slip(
    paid_on: date | None, requested_on: date, cents: int, order: Order, today: date, *, outcome: str = "already"
) -> ToolResult:
    values = {"order_id": order.id, "amount": money(cents)}
    if paid_on is not None:
        values["paid"] = on_day(paid_on, today)
        rows = (("Amount", money(cents)), ("Paid", values["paid"]))
        return ToolResult(outcome="paid", values=values, rows=rows)
    values["account_by"] = day(requested_on + timedelta(days=REFUND_TAKES_DAYS))
    rows = (("Amount", money(cents)), ("On your account by", values["account_by"]))
    return ToolResult(outcome=outcome, values=values, rows=rows)
