"""Opens the bank's SQLite file, and fills it on first use."""

from datetime import date, timedelta
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Connection, Engine, insert

from agent.dialogue.business import open_business
from agent.dialogue.domains.bank.tables import accounts, cards, customers, disputes, payments

FIRST_CASE_NUMBER = 70_001


def open_database(path: Path, *, today: date) -> Engine:
    """The database at `path`, with the tables and the seed of `today` in it if it was empty.

    Raises `StoreError` when the file cannot be used.
    """
    return open_business(path, customers, lambda connection: _seed(connection, today), name="bank")


def _seed(connection: Connection, today: date) -> None:
    """Fills an empty database with the bank of `seed.yaml`, whose days count from `today`."""
    seed = yaml.safe_load((files(__package__) / "seed.yaml").read_text(encoding="utf-8"))
    ids = {number: position for position, number in enumerate(seed["customers"], start=1)}
    connection.execute(
        insert(customers), [_customer(ids[number], number, e) for number, e in seed["customers"].items()]
    )
    kinds = [
        (number, kind, last) for number, entry in seed["customers"].items() for kind, last in entry["cards"].items()
    ]
    connection.execute(
        insert(cards), [{"customer_id": ids[number], "kind": kind, "last_four": last} for number, kind, last in kinds]
    )
    held = [(number, kind) for number, entry in seed["accounts"].items() for kind in entry]
    account_ids = {number_and_kind: position for position, number_and_kind in enumerate(held, start=1)}
    account_rows = [
        {
            "id": account_ids[number, kind],
            "customer_id": ids[number],
            "kind": kind,
            "balance_cents": _cents(seed["accounts"][number][kind]),
        }
        for number, kind in held
    ]
    connection.execute(insert(accounts), account_rows)
    _seed_payments(connection, seed, account_ids, today)


def _customer(number_of_row: int, number: str, entry: dict[str, Any]) -> dict[str, Any]:
    first, surname = entry["name"].split()
    return {
        "id": number_of_row,
        "number": number,
        "first_name": first,
        "surname": surname,
        "born_on": entry["born"],
    }


def _seed_payments(
    connection: Connection, seed: dict[str, Any], account_ids: dict[tuple[str, str], int], today: date
) -> None:
    """Payments, and the disputes about some."""
    rows = [
        {
            "account_id": account_ids[number, "checking"],
            "booked_on": today + timedelta(days=days),
            "kind": kind,
            "counterparty": counterparty,
            "amount_cents": _cents(dollars),
        }
        for number, entries in seed["payments"].items()
        for days, kind, counterparty, dollars in entries
    ]
    numbered = [row | {"id": position} for position, row in enumerate(rows, start=1)]
    connection.execute(insert(payments), numbered)
    dispute_rows = [
        {
            "number": number,
            "payment_id": next(
                row["id"]
                for row in numbered
                if row["account_id"] == account_ids[entry["customer"], "checking"]
                and row["counterparty"] == entry["counterparty"]
            ),
            "reason": entry["reason"],
            "opened_on": today + timedelta(days=entry["opened"]),
        }
        for number, entry in enumerate(seed["disputes"], start=FIRST_CASE_NUMBER)
    ]
    connection.execute(insert(disputes), dispute_rows)


def _cents(dollars: float) -> int:
    return int(Decimal(str(dollars)) * 100)
