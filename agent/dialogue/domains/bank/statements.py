"""What is on a customer's accounts, and what moved there lately."""

from datetime import date

from sqlalchemy import Connection, select

from agent.dialogue.domains.bank.tables import accounts, payments
from agent.dialogue.tools import ToolCall, ToolResult
from agent.dialogue.wording import wording

SPOKEN_PAYMENTS = 3
SHOWN_PAYMENTS = 8


def balances(connection: Connection, customer: int, call: ToolCall, today: date) -> ToolResult:
    """`told`, of the account that was named or of all; `no_such_account` when the customer has none of that kind."""
    words = wording(__package__, call.language)
    owned = select(accounts.c.kind, accounts.c.balance_cents).where(accounts.c.customer_id == customer)
    rows = connection.execute(owned.order_by(accounts.c.id)).all()
    wanted = call.arguments.get("account")
    told = [row for row in rows if wanted in (None, row.kind)]
    if not told:
        return ToolResult(outcome="no_such_account", values={"kind": wanted or "that"})
    parts = [words.phrase(f"{{sum}} on your {row.kind} account", sum=words.money(row.balance_cents)) for row in told]
    return ToolResult(
        outcome="told",
        values={"balances": words.listing(parts, "and")},
        rows=tuple((row.kind.capitalize(), words.money(row.balance_cents)) for row in told),
    )


def recent_payments(connection: Connection, customer: int, call: ToolCall, today: date) -> ToolResult:
    """`listed`, the latest first, of one day when the call names a day; `none` otherwise."""
    words = wording(__package__, call.language)
    moved = (
        select(payments.c.booked_on, payments.c.counterparty, payments.c.amount_cents)
        .select_from(payments.join(accounts))
        .where(accounts.c.customer_id == customer)
        .order_by(payments.c.booked_on.desc(), payments.c.id)
        .limit(SHOWN_PAYMENTS)
    )
    if "account" in call.arguments:
        moved = moved.where(accounts.c.kind == call.arguments["account"])
    values = {}
    if "day" in call.arguments:
        day = date.fromisoformat(call.arguments["day"])
        moved = moved.where(payments.c.booked_on == day)
        values = {"when": words.on_day(day, today)}
    rows = connection.execute(moved).all()
    if not rows:
        return ToolResult(outcome="none_that_day" if values else "none", values=values)
    spoken = [
        words.phrase(
            "{sum} from {name} {when}" if row.amount_cents > 0 else "{sum} to {name} {when}",
            sum=words.money(abs(row.amount_cents)),
            name=row.counterparty,
            when=words.on_day(row.booked_on, today),
        )
        for row in rows[:SPOKEN_PAYMENTS]
    ]
    return ToolResult(
        outcome="listed",
        values=values | {"payments": words.listing(spoken, "and")},
        rows=tuple(
            (f"{words.short_day(row.booked_on)} {row.counterparty}", words.money(row.amount_cents)) for row in rows
        ),
    )
