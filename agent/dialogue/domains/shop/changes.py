"""Changes and cancels orders that have not left the shop yet."""

import re
from datetime import date
from typing import cast

from sqlalchemy import Connection, update

from agent.dialogue.domains.shop.catalogue import load_products
from agent.dialogue.domains.shop.orders import Order, OrderLine, chosen_line
from agent.dialogue.domains.shop.purchases import MOST_OF_ONE, shipping_cents, take_from_stock, wanted_count
from agent.dialogue.domains.shop.tables import order_lines, orders
from agent.dialogue.tools import ToolCall, ToolResult
from agent.dialogue.wording import wording

SHORTEST_ADDRESS = 8
LONGEST_ADDRESS = 200
_LEAD_IN = re.compile(
    r"^(?:(?:no|please|it'?s|send it|ship it|deliver it|to|my new address is|the address is)[,: ]+)+", re.I
)


def may_be_changed(order: Order, today: date) -> bool:
    """Has not left the shop."""
    return _too_late(order) is None


def cancel_options(connection: Connection, order: Order, call: ToolCall, today: date) -> ToolResult:
    """`ready`, or why it cannot be cancelled: `already`, `on_its_way`, `delivered`."""
    words = wording(__package__, call.language)
    values = {"order_id": order.id, "amount": words.money(order.total_cents())}
    refusal = _too_late(order)
    if refusal is not None:
        return ToolResult(outcome=refusal, values=values)
    items = order.spoken_items(words)
    rows = ((words.phrase("Order"), order.id), (words.phrase("Cancel"), items))
    return ToolResult(outcome="ready", values=values | {"items": items}, rows=rows)


def cancel_order(connection: Connection, order: Order, call: ToolCall, today: date) -> ToolResult:
    """Cancels it and puts its goods back into stock."""
    options = cancel_options(connection, order, call, today)
    if options.outcome != "ready":
        return options
    connection.execute(update(orders).where(orders.c.id == order.id).values(cancelled_on=today))
    for line in order.lines:
        take_from_stock(connection, line.product_id, -line.quantity)
    return ToolResult(outcome="done", values=options.values)


def change_options(connection: Connection, order: Order, call: ToolCall, today: date) -> ToolResult:
    """`ready_address` or `ready_quantity` with what would change, the question that is open, or why it is too late."""
    refusal = _too_late(order)
    if refusal is not None:
        return ToolResult(outcome=refusal, values={"order_id": order.id})
    wanted = call.arguments.get("change") or _implied(call)
    if wanted == "address":
        return _new_address(order, call)
    if wanted == "quantity":
        return _new_quantity(connection, order, call)
    return ToolResult(outcome="what_to_change", values={"order_id": order.id})


def change_order(connection: Connection, order: Order, call: ToolCall, today: date) -> ToolResult:
    """Writes the address or the quantity that was agreed to; the stock follows."""
    options = change_options(connection, order, call, today)
    if options.outcome == "ready_address":
        address = options.values["address"]
        connection.execute(update(orders).where(orders.c.id == order.id).values(address=address))
        return ToolResult(outcome="changed_address", values=options.values)
    if options.outcome != "ready_quantity":
        return options
    line, count = cast(OrderLine, chosen_line(order, call)), int(options.values["quantity"])
    take_from_stock(connection, line.product_id, count - line.quantity)
    connection.execute(update(order_lines).where(order_lines.c.id == line.id).values(quantity=count))
    shipping = shipping_cents(order.goods_cents() + (count - line.quantity) * line.price_cents)
    connection.execute(update(orders).where(orders.c.id == order.id).values(shipping_cents=shipping))
    return ToolResult(outcome="changed_quantity", values=options.values)


def _too_late(order: Order) -> str | None:
    if order.cancelled_on is not None:
        return "already"
    if order.delivered_on is not None:
        return "delivered"
    return "on_its_way" if order.carrier is not None else None


def _implied(call: ToolCall) -> str | None:
    """What is to be changed, from what was named."""
    if "address" in call.arguments:
        return "address"
    return "quantity" if call.arguments.keys() & {"quantity", "product"} else None


def _new_address(order: Order, call: ToolCall) -> ToolResult:
    words = wording(__package__, call.language)
    values = {"order_id": order.id, "old_address": order.address}
    said = call.arguments.get("address")
    if said is None:
        return ToolResult(outcome="which_address", values=values)
    address = _LEAD_IN.sub("", " ".join(said.split())).rstrip(".")
    if not SHORTEST_ADDRESS <= len(address) <= LONGEST_ADDRESS or not any(sign.isdigit() for sign in address):
        return ToolResult(outcome="no_address", values=values)
    rows = ((words.phrase("Order"), order.id), (words.phrase("Goes to"), address))
    return ToolResult(outcome="ready_address", values=values | {"address": address}, rows=rows)


def _new_quantity(connection: Connection, order: Order, call: ToolCall) -> ToolResult:
    words = wording(__package__, call.language)
    values = {"order_id": order.id}
    line = chosen_line(order, call)
    if line is None:
        options = words.listing(
            [words.phrase("the {name}", name=words.phrase(one.product)) for one in order.lines], "or"
        )
        return ToolResult(outcome="which_item", values=values | {"options": options})
    values |= {"name": words.phrase(line.product), "product": line.product}
    if call.arguments.get("quantity") == "0":
        return ToolResult(outcome="rather_cancel", values=values)
    count = wanted_count(call)
    if count is None or not call.arguments.keys() & {"quantity", "goods"}:
        return ToolResult(outcome="how_many", values=values)
    product = next(product for product in load_products(connection) if product.id == line.product_id)
    left = min(MOST_OF_ONE, product.stock + line.quantity)
    if count > left:
        return ToolResult(outcome="too_many", values=values | {"left": str(left)})
    return _ready_quantity(order, line, count, call)


def _ready_quantity(order: Order, line: OrderLine, count: int, call: ToolCall) -> ToolResult:
    words = wording(__package__, call.language)
    goods_cents = order.goods_cents() + (count - line.quantity) * line.price_cents
    values = {
        "order_id": order.id,
        "product": line.product,
        "quantity": str(count),
        "items": words.goods(line.product, count),
        "total": words.money(goods_cents + shipping_cents(goods_cents)),
    }
    rows = (
        (words.phrase("Order"), order.id),
        (words.phrase("Items"), values["items"]),
        (words.phrase("Total"), values["total"]),
    )
    return ToolResult(outcome="ready_quantity", values=values, rows=rows)
