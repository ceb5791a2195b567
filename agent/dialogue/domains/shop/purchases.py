"""Takes orders: what is wanted and in stock, what it comes to with shipping, and, after a yes, one order for it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import Connection, func, insert, select, update

from agent.dialogue.domains.shop.accounts import Customer
from agent.dialogue.domains.shop.catalogue import (
    Product,
    budget_cents,
    by_price,
    chosen_model,
    load_products,
    named_products,
    not_sold,
    priced,
    shelf,
)
from agent.dialogue.domains.shop.orders import Order, load_order
from agent.dialogue.domains.shop.suggestions import note_taken
from agent.dialogue.domains.shop.tables import order_lines, orders, products
from agent.dialogue.tools import ToolCall, ToolResult
from agent.dialogue.wording import Wording, wording

SHIPPING_CENTS = 490
FREE_SHIPPING_FROM_CENTS = 5_000
SHIPS_WITHIN_DAYS = 2
MOST_OF_ONE = 10
"""Who wants more than this talks to a person."""
FIRST_NUMBER = 6001
_NAMED_PART = re.compile(r"(?P<count>\d+) x (?P<name>.+)")
_BASKET_PART = re.compile(r"(?P<count>\d+) x (?P<name>[^@;]+) @ (?P<cents>\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    product: Product
    count: int

    @property
    def cents(self) -> int:
        return self.product.price_cents * self.count

    @property
    def left(self) -> int:
        """The most that a customer can have."""
        return min(self.product.stock, MOST_OF_ONE)


def quote_order(connection: Connection, customer: Customer, call: ToolCall, today: date) -> ToolResult:
    """`ready` with all that the customer has to agree to, or the question that is still open."""
    return _quote(connection, customer, call, [])


def quote_with_basket(connection: Connection, customer: Customer, call: ToolCall, today: date) -> ToolResult:
    """As `quote_order`, for what is to be added to the order that is being talked about."""
    basket = _read_basket(load_products(connection), call.arguments.get("basket", ""))
    return _quote(connection, customer, call, basket)


def place_order(connection: Connection, customer: Customer, call: ToolCall, today: date) -> ToolResult:
    """Writes the order of the basket that was agreed to, and takes its goods out of stock. The same request again finds
    the order that it made. Prices or stock that have changed since are asked about anew."""
    words = wording(__package__, call.language)
    key = f"{customer.pseudonym} {call.key}" if call.key else None
    made = connection.scalar(select(orders.c.id).where(orders.c.request_key == key)) if key else None
    agreed = call.arguments.get("basket", "")
    if made is not None:
        return _receipt(load_order(connection, made), today, words)
    goods = load_products(connection)
    items = _read_basket(goods, agreed)
    gone = next((item.product for item in items if item.product.stock == 0), None)
    if gone is not None:
        return _sold_out(goods, gone, words)
    if not items or _write_basket(items) != agreed or any(item.count > item.product.stock for item in items):
        return _offer(items, customer, words) if items else ToolResult(outcome="which_product")
    order_id = _next_number(connection)
    connection.execute(
        insert(orders).values(
            id=order_id,
            customer_id=customer.id,
            address=customer.address,
            shipping_cents=shipping_cents(sum(item.cents for item in items)),
            placed_on=today,
            ships_on=today + timedelta(days=SHIPS_WITHIN_DAYS),
            request_key=key,
        )
    )
    for item in items:
        line = {"product_id": item.product.id, "quantity": item.count, "price_cents": item.product.price_cents}
        connection.execute(insert(order_lines).values(order_id=order_id, **line))
        take_from_stock(connection, item.product.id, item.count)
    note_taken(connection, customer, [item.product.id for item in items], today)
    return _receipt(load_order(connection, order_id), today, words)


def take_from_stock(connection: Connection, product_id: int, count: int) -> None:
    """A negative count puts goods back. The table refuses to go below nothing."""
    wanted = update(products).where(products.c.id == product_id)
    connection.execute(wanted.values(stock=products.c.stock - count))


def shipping_cents(goods_cents: int) -> int:
    return 0 if goods_cents >= FREE_SHIPPING_FROM_CENTS else SHIPPING_CENTS


def wanted_count(call: ToolCall) -> int | None:
    """How many the customer asked for, as a number or as in "2 x toaster"; one unless they said so, and None for what
    cannot be counted out."""
    said = call.arguments.get("quantity") or call.arguments.get("goods", "1")
    named = _NAMED_PART.fullmatch(said)
    count = named["count"] if named else said
    if count.isdecimal() and budget_cents(call) == int(count) * 100:
        # "Headphones for under 100 dollars" names one number, and it is no count.
        return 1
    return int(count) if count.isdecimal() and len(count) < 4 and int(count) > 0 else None


def _quote(connection: Connection, customer: Customer, call: ToolCall, basket: list[Item]) -> ToolResult:
    words = wording(__package__, call.language)
    goods = load_products(connection)
    several = _several(goods, call)
    if several:
        return _offer(_together([*basket, *several]), customer, words)
    product = _wanted_product(goods, call, words)
    if isinstance(product, ToolResult):
        return product
    count = wanted_count(call)
    if count is None:
        return ToolResult(outcome="how_many", values={"name": words.phrase(product.name)})
    if product.stock == 0:
        return _sold_out(goods, product, words)
    return _offer(_together([*basket, Item(product=product, count=count)]), customer, words)


def _several(goods: Sequence[Product], call: ToolCall) -> list[Item]:
    """What is wanted where more than one thing was named in a line, and each is clear and there. A bare number that is
    said afterwards is how many it shall be of the one of which there were too many."""
    parts = [match for part in call.arguments.get("goods", "").split("; ") if (match := _NAMED_PART.fullmatch(part))]
    fits = [named_products(goods, part["name"]) for part in parts]
    if len(parts) < 2 or any(len(fit) != 1 or fit[0].stock == 0 for fit in fits):
        return []
    items = [Item(product=fit[0], count=int(part["count"])) for part, fit in zip(parts, fits, strict=True)]
    count = wanted_count(call) if call.arguments.get("quantity", "").isdecimal() else None
    short = next((item for item in items if item.count > item.left), None)
    return [replace(item, count=count) if item is short and count else item for item in items]


def _together(items: Sequence[Item]) -> list[Item]:
    """One item a product, in the order in which they were named."""
    counts: dict[int, Item] = {}
    for item in items:
        before = counts[item.product.id].count if item.product.id in counts else 0
        counts[item.product.id] = Item(product=item.product, count=before + item.count)
    return list(counts.values())


def _wanted_product(goods: Sequence[Product], call: ToolCall, words: Wording) -> Product | ToolResult:
    said = call.arguments.get("product", "")
    if not said:
        return ToolResult(outcome="which_product")
    fits = named_products(goods, said)
    if not fits:
        return not_sold(goods, said, words)
    if len(fits) == 1:
        return fits[0]
    offered = by_price(fits)
    model = chosen_model(offered, call.arguments.get("model", ""))
    if model is not None:
        return model
    options = words.listing([priced(product, words) for product in offered], "or")
    return ToolResult(outcome="which_model", values={"options": options}, card=shelf(offered, words))


def _sold_out(goods: Sequence[Product], wanted: Product, words: Wording) -> ToolResult:
    others = [product for product in goods if product.kind == wanted.kind and product.stock > 0]
    values = {"name": words.phrase(wanted.name)}
    if not others:
        return ToolResult(outcome="sold_out", values=values)
    values["options"] = words.listing([priced(product, words) for product in by_price(others)], "or")
    return ToolResult(outcome="sold_out_but_others", values=values, card=shelf(others, words))


def _offer(items: Sequence[Item], customer: Customer, words: Wording) -> ToolResult:
    short = next((item for item in items if item.count > item.left), None)
    if short is not None:
        values = {"left": str(short.left), "name": words.phrase(short.product.name)}
        return ToolResult(outcome="too_many", values=values)
    goods_cents = sum(item.cents for item in items)
    shipping = shipping_cents(goods_cents)
    values = {
        "basket": _write_basket(items),
        "items": words.listing([words.goods(item.product.name, item.count) for item in items], "and"),
        "total": words.money(goods_cents + shipping),
        "shipping": words.phrase("with {amount} for shipping", amount=words.money(shipping))
        if shipping
        else words.phrase("with free shipping"),
        "address": customer.address,
    }
    rows = (
        *((words.goods(item.product.name, item.count), words.money(item.cents)) for item in items),
        (words.phrase("Shipping"), words.money(shipping) if shipping else words.phrase("free")),
        (words.phrase("Total"), values["total"]),
        (words.phrase("Goes to"), customer.address),
    )
    return ToolResult(outcome="ready", values=values, rows=rows)


def _receipt(order: Order, today: date, words: Wording) -> ToolResult:
    values = {
        "order_id": order.id,
        "total": words.money(order.total_cents()),
        "ships": words.on_day(max(order.ships_on, today), today),
    }
    rows = (
        (words.phrase("Items"), order.spoken_items(words)),
        (words.phrase("Total"), values["total"]),
        (words.phrase("Leaves us"), values["ships"]),
        (words.phrase("Goes to"), order.address),
    )
    return ToolResult(outcome="ordered", values=values, rows=rows)


def _next_number(connection: Connection) -> str:
    """Orders that are taken in calls begin with F."""
    last = connection.scalar(select(func.max(orders.c.id)).where(orders.c.id.like("F%")))
    return f"F{int(last[1:]) + 1 if last else FIRST_NUMBER}"


def _write_basket(items: Sequence[Item]) -> str:
    """What was agreed to, prices included, as the conversation keeps it: "2 x toaster @ 4450; 1 x …"."""
    return "; ".join(f"{item.count} x {item.product.name} @ {item.product.price_cents}" for item in items)


def _read_basket(goods: Sequence[Product], basket: str) -> list[Item]:
    """The basket with the goods as they are now; what is no longer sold is left out."""
    known = {product.name: product for product in goods}
    parts = [match for part in basket.split("; ") if (match := _BASKET_PART.fullmatch(part))]
    return [Item(product=known[part["name"]], count=int(part["count"])) for part in parts if part["name"] in known]
