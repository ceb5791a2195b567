"""Opens the shop's SQLite file, and fills it on first use."""

from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Connection, Engine, insert

from agent.dialogue.business import open_business
from agent.dialogue.domains.shop.history import made_history
from agent.dialogue.domains.shop.tables import (
    customers,
    interests,
    order_lines,
    orders,
    product_uses,
    products,
    refunds,
    returns,
    shipments,
)

FIRST_RETURN_NUMBER = 5001
SHOPPERS, HISTORY_SEED = 400, 11
"""How many people's history is made up, and from which seed."""


def open_database(path: Path, *, today: date) -> Engine:
    """The database at `path`, with the tables and the seed of `today` in it if it was empty.

    Raises `StoreError` when the file cannot be used.
    """
    return open_business(path, customers, lambda connection: _seed(connection, today), name="shop")


def _seed(connection: Connection, today: date) -> None:
    """Fills an empty database with the shop of `seed.yaml`, whose days count from `today`."""
    seed = yaml.safe_load((files(__package__) / "seed.yaml").read_text(encoding="utf-8"))
    catalogue = _seed_catalogue(connection, seed)
    line_ids = _seed_orders(connection, seed, catalogue, today)
    _seed_returns(connection, seed, line_ids, today)
    _seed_interests(connection, seed, catalogue, today)


def _on(today: date, days: int | None) -> date | None:
    return None if days is None else today + timedelta(days=days)


def _seed_catalogue(connection: Connection, seed: dict[str, Any]) -> dict[str, int]:
    """Customers and products. Returns the products' numbers by name."""
    product_ids = {name: number for number, name in enumerate(seed["products"], start=1)}
    customer_rows = [
        {
            "id": number,
            "pseudonym": pseudonym,
            "first_name": first,
            "surname": surname,
            "address": entry["address"],
        }
        for number, (pseudonym, entry) in enumerate(seed["customers"].items(), start=1)
        for first, surname in [entry["name"].split()]
    ]
    product_rows = [
        {
            "id": product_ids[name],
            "name": name,
            "kind": entry["kind"],
            "price_cents": _cents(seed, name),
            "stock": entry["stock"],
            "about": entry["about"],
        }
        for name, entry in seed["products"].items()
    ]
    use_rows = [
        {"product_id": product_ids[name], "use": use}
        for name, entry in seed["products"].items()
        for use in entry["uses"]
    ]
    connection.execute(insert(customers), customer_rows)
    connection.execute(insert(products), product_rows)
    connection.execute(insert(product_uses), use_rows)
    return product_ids


def _seed_orders(
    connection: Connection, seed: dict[str, Any], product_ids: dict[str, int], today: date
) -> dict[tuple[str, str], int]:
    """Orders, their lines and shipments. Returns the lines' numbers by order and product."""
    customer_ids = {pseudonym: number for number, pseudonym in enumerate(seed["customers"], start=1)}
    items = [(order_id, item) for order_id, order in seed["orders"].items() for item in order["items"]]
    line_ids = {order_and_item: number for number, order_and_item in enumerate(items, start=1)}
    order_rows = [
        {
            "id": order_id,
            "customer_id": customer_ids[order["customer"]],
            "address": seed["customers"][order["customer"]]["address"],
            "shipping_cents": 0,
            "placed_on": _on(today, order["placed"]),
            "ships_on": _on(today, order["ships"]),
            "cancelled_on": _on(today, order.get("cancelled")),
        }
        for order_id, order in seed["orders"].items()
    ]
    line_rows = [
        {
            "id": number,
            "order_id": order_id,
            "product_id": product_ids[item],
            "quantity": 1,
            "price_cents": _cents(seed, item),
        }
        for (order_id, item), number in line_ids.items()
    ]
    shipment_rows = [
        {
            "order_id": order_id,
            "carrier": order["carrier"],
            "shipped_on": _on(today, order["shipped"]),
            "expected_on": _on(today, order["expected"]),
            "delivered_on": _on(today, order.get("delivered")),
        }
        for order_id, order in seed["orders"].items()
        if "carrier" in order
    ]
    connection.execute(insert(orders), order_rows)
    connection.execute(insert(order_lines), line_rows)
    connection.execute(insert(shipments), shipment_rows)
    return line_ids


def _seed_returns(
    connection: Connection, seed: dict[str, Any], line_ids: dict[tuple[str, str], int], today: date
) -> None:
    """What was sent back and paid back."""
    return_rows = [
        {
            "number": number,
            "order_line_id": line_ids[entry["order"], entry["item"]],
            "opened_on": _on(today, entry["opened"]),
            "received_on": _on(today, entry.get("received")),
        }
        for number, entry in enumerate(seed["returns"], start=FIRST_RETURN_NUMBER)
    ]
    refund_rows = [
        {
            "order_id": order_id,
            "amount_cents": sum(_cents(seed, item) for item in seed["orders"][order_id]["items"]),
            "requested_on": _on(today, entry["requested"]),
            "paid_on": _on(today, entry.get("paid")),
        }
        for order_id, entry in seed["refunds"].items()
    ]
    connection.execute(insert(returns), return_rows)
    connection.execute(insert(refunds), refund_rows)


def _seed_interests(connection: Connection, seed: dict[str, Any], product_ids: dict[str, int], today: date) -> None:
    """What customers looked at and asked about, and the history that is made up for everybody else."""
    customer_ids = {pseudonym: number for number, pseudonym in enumerate(seed["customers"], start=1)}
    own = [
        {"shopper": customer_ids[pseudonym], "product_id": product_ids[name], "how": how, "happened_on": today}
        for pseudonym, by_how in seed["interests"].items()
        for how, names in by_how.items()
        for name in names
    ]
    kinds = [entry["kind"] for entry in seed["products"].values()]
    others = [
        {
            "shopper": event.shopper,
            "product_id": event.product,
            "how": event.how,
            "happened_on": _on(today, -event.days_ago),
        }
        for event in made_history(kinds, shoppers=SHOPPERS, seed=HISTORY_SEED)
    ]
    connection.execute(insert(interests), [*own, *others])


def _cents(seed: dict[str, Any], product: str) -> int:
    return round(float(seed["products"][product]["price"]) * 100)
