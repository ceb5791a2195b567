"""Finds the payment that a customer objects to, and opens a case about it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import Connection, insert, select

from agent.core.cards import CardContent
from agent.dialogue.business import next_number
from agent.dialogue.domains.bank.database import FIRST_CASE_NUMBER
from agent.dialogue.domains.bank.tables import accounts, disputes, payments
from agent.dialogue.tools import ToolCall, ToolResult
from agent.dialogue.wording import Wording, wording

DISPUTE_WITHIN_DAYS = 120
OFFERED = 3
"""Payments named when several fit."""
REASONS = {
    "unrecognised": "you don't recognise it",
    "twice": "it was charged twice",
    "wrong_amount": "the amount is wrong",
    "not_received": "you never got what you paid for",
}

_REFERENCE = re.compile(r"payment (\d+)")
_COMMON = frozenset("the a an one to from at of for my payment transfer card on that this it is was".split())
_PLACES = {"first": 0, "second": 1, "third": 2, "last": -1, "latest": 0, "1st": 0, "2nd": 1, "3rd": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    id: int
    booked_on: date
    counterparty: str
    amount_cents: int
    case: int | None

    def spoken(self, words: Wording, today: date) -> str:
        return words.phrase(
            "{sum} to {name} {when}",
            sum=words.money(-self.amount_cents),
            name=self.counterparty,
            when=words.on_day(self.booked_on, today),
        )


def dispute_options(connection: Connection, customer: int, call: ToolCall, today: date) -> ToolResult:
    """`ready` once one payment and a reason are known; otherwise what is missing, or why there can be no case."""
    words = wording(__package__, call.language)
    fits = _fitting(_outgoing(connection, customer), call)
    if not fits:
        return ToolResult(outcome="no_such_payment")
    if len(fits) > 1 and not _alike(fits):
        options = words.listing([payment.spoken(words, today) for payment in fits[:OFFERED]], "or")
        return ToolResult(outcome="choose", values={"options": options})
    # Of several that look the same the one without a case yet is meant.
    payment = next((one for one in fits if one.case is None), fits[0])
    values = {"payment": f"payment {payment.id}", "which": payment.spoken(words, today)}
    if payment.case is not None:
        return _case("already", payment, payment.case, words, today)
    if today - payment.booked_on > timedelta(days=DISPUTE_WITHIN_DAYS):
        return ToolResult(outcome="too_late", values=values)
    reason = call.arguments.get("reason", "")
    if reason not in REASONS:
        return ToolResult(outcome="why", values=values)
    because = words.phrase(REASONS[reason])
    rows = (("Payment", payment.spoken(words, today)), ("Reason", because))
    return ToolResult(outcome="ready", values=values | {"reason": reason, "because": because}, rows=rows)


def open_dispute(connection: Connection, customer: int, call: ToolCall, today: date) -> ToolResult:
    options = dispute_options(connection, customer, call, today)
    if options.outcome != "ready":
        return options
    reason, payment_id = options.values["reason"], int(options.values["payment"].removeprefix("payment "))
    payment = next(one for one in _outgoing(connection, customer) if one.id == payment_id)
    number = next_number(connection, disputes.c.number, FIRST_CASE_NUMBER)
    case = {"number": number, "payment_id": payment_id, "reason": reason, "opened_on": today}
    connection.execute(insert(disputes).values(case))
    outcome = "opened_card_at_risk" if reason == "unrecognised" else "opened"
    return _case(outcome, payment, number, wording(__package__, call.language), today)


def _outgoing(connection: Connection, customer: int) -> list[Payment]:
    """What left the customer's accounts, the latest first."""
    rows = connection.execute(
        select(payments, disputes.c.number.label("case"))
        .select_from(payments.join(accounts).outerjoin(disputes))
        .where(accounts.c.customer_id == customer, payments.c.amount_cents < 0)
        .order_by(payments.c.booked_on.desc(), payments.c.id)
    )
    return [
        Payment(
            id=row.id,
            booked_on=row.booked_on,
            counterparty=row.counterparty,
            amount_cents=row.amount_cents,
            case=row.case,
        )
        for row in rows
    ]


def _fitting(made: Sequence[Payment], call: ToolCall) -> Sequence[Payment]:
    """Those that the customer's amount, day and words fit. Words that fit none are passed over unless they are all."""
    said = call.arguments.get("payment", "").lower()
    if reference := _REFERENCE.fullmatch(said):
        return [payment for payment in made if payment.id == int(reference[1])]
    fits, told = list(made), False
    if "amount" in call.arguments:
        cents = int(Decimal(call.arguments["amount"]) * 100)
        fits, told = [payment for payment in fits if -payment.amount_cents == cents], True
    if "day" in call.arguments:
        day = date.fromisoformat(call.arguments["day"])
        fits, told = [payment for payment in fits if payment.booked_on == day], True
    words = set(re.findall(r"\w+", said)) - _COMMON
    named = [one for one in fits if words & set(one.counterparty.lower().split())]
    if named:
        return named
    place = next((_PLACES[word] for word in re.findall(r"\w+", said) if word in _PLACES), None)
    if place is not None and fits:
        offered = fits[:OFFERED]
        return [offered[place]] if place < len(offered) else []
    return fits if told or not words else []


def _alike(fits: Sequence[Payment]) -> bool:
    """True when nobody could tell them apart, as with a payment that was taken twice."""
    return len({(payment.booked_on, payment.counterparty, payment.amount_cents) for payment in fits}) == 1


def _case(outcome: str, payment: Payment, number: int, words: Wording, today: date) -> ToolResult:
    values = {"case": f"D{number}", "which": payment.spoken(words, today)}
    rows, card = (("Payment", values["which"]),), CardContent(reference=values["case"])
    return ToolResult(outcome=outcome, values=values, rows=rows, card=card)
