"""Opens the shop's SQLite file, and fills it on first use."""

from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Connection, Engine, create_engine, event, func, insert, select
from sqlalchemy.exc import SQLAlchemyError

from agent.core.errors import StoreError
from agent.dialogue.domains.shop.tables import (
    customers,
    metadata,
    order_lines,
    orders,
    products,
    refunds,
    returns,
    shipments,
)

BUSY_TIMEOUT_S = 2.0
"""How long a write waits for another process's write."""
FIRST_RETURN_NUMBER = 5001


def open_database(path: Path, *, today: date) -> Engine:
    """The database at `path`, with the tables and the seed of `today` in it if it was empty.

    Every transaction begins as a write, so that what a tool reads cannot change before it writes.
    Raises `StoreError` when the file cannot be used.
    """
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_TIMEOUT_S})

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with engine.begin() as connection:
            metadata.create_all(connection)
            if connection.scalar(select(func.count()).select_from(customers)) == 0:
                _seed(connection, today)
    except (SQLAlchemyError, OSError) as fault:
        engine.dispose()
        reason = getattr(fault, "orig", None) or fault
        raise StoreError(f"the shop's database {path} cannot be used: {reason}. Set reply.database.") from None
    return engine


def _seed(connection: Connection, today: date) -> None:
    seed = yaml.safe_load((files(__package__) / "seed.yaml").read_text(encoding="utf-8"))

    def on(days: int | None) -> date | None:
        return None if days is None else today + timedelta(days=days)

    customer_ids = {pseudonym: number for number, pseudonym in enumerate(seed["customers"], start=1)}
    product_ids = {name: number for number, name in enumerate(seed["products"], start=1)}
    items = [(order_id, item) for order_id, order in seed["orders"].items() for item in order["items"]]
    line_ids = {order_and_item: number for number, order_and_item in enumerate(items, start=1)}
    cents = {name: round(price * 100) for name, price in seed["products"].items()}

    connection.execute(
        insert(customers),
        [
            {"id": customer_ids[pseudonym], "pseudonym": pseudonym, "first_name": first, "surname": surname}
            for pseudonym, entry in seed["customers"].items()
            for first, surname in [entry["name"].split()]
        ],
    )
    connection.execute(
        insert(products),
        [{"id": number, "name": name, "price_cents": cents[name]} for name, number in product_ids.items()],
    )
    connection.execute(
        insert(orders),
        [
            {
                "id": order_id,
                "customer_id": customer_ids[order["customer"]],
                "placed_on": on(order["placed"]),
                "ships_on": on(order["ships"]),
                "cancelled_on": on(order.get("cancelled")),
            }
            for order_id, order in seed["orders"].items()
        ],
    )
    connection.execute(
        insert(order_lines),
        [
            {"id": number, "order_id": order_id, "product_id": product_ids[item], "quantity": 1}
            for (order_id, item), number in line_ids.items()
        ],
    )
    connection.execute(
        insert(shipments),
        [
            {
                "order_id": order_id,
                "carrier": order["carrier"],
                "shipped_on": on(order["shipped"]),
                "expected_on": on(order["expected"]),
                "delivered_on": on(order.get("delivered")),
            }
            for order_id, order in seed["orders"].items()
            if "carrier" in order
        ],
    )
    connection.execute(
        insert(returns),
        [
            {
                "number": number,
                "order_line_id": line_ids[entry["order"], entry["item"]],
                "opened_on": on(entry["opened"]),
                "received_on": on(entry.get("received")),
            }
            for number, entry in enumerate(seed["returns"], start=FIRST_RETURN_NUMBER)
        ],
    )
    connection.execute(
        insert(refunds),
        [
            {
                "order_id": order_id,
                "amount_cents": sum(cents[item] for item in seed["orders"][order_id]["items"]),
                "requested_on": on(entry["requested"]),
                "paid_on": on(entry.get("paid")),
            }
            for order_id, entry in seed["refunds"].items()
        ],
    )
