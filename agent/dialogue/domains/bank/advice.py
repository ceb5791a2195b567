"""What anybody may ask a bank: what a loan costs, and whether it fits an income."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from agent.dialogue.domains.bank.loans import (
    AMOUNTS,
    ANNUAL_RATE,
    CENT,
    COMFORTABLE_SHARE,
    HIGHEST_SHARE,
    MONTHS,
    Instalment,
    amortization,
    debt_share,
    total_interest,
    verdict,
)
from agent.dialogue.spoken import money
from agent.dialogue.tools import ToolCall, ToolResult

MONTHS_OF_A_YEAR = 12
LONGEST_BARE_YEARS = 10
"""A bare number up to this, asked for how long, means years; a larger one months."""
MONTHS_SHOWN_EACH = 12
"""A card shows so many months one by one, and the rest by year."""


def loan_plan(call: ToolCall) -> ToolResult:
    """`plan` with the table as rows, or which of amount and term cannot be."""
    terms = _terms(call)
    if isinstance(terms, ToolResult):
        return terms
    amount, months = terms
    table = amortization(amount, months)
    last = table[-1].payment
    values = _loan_values(amount, months) | {
        "payment": _dollars(table[0].payment),
        "count": str(months),
        "interest": _dollars(total_interest(table)),
        "rate": f"{ANNUAL_RATE * 100:.1f} percent",
        "last": _dollars(last),
    }
    return ToolResult(outcome="plan", values=values, rows=_rows(table))


def affordability(call: ToolCall) -> ToolResult:
    """`comfortable`, `tight` or `too_much` by the share of income that debts would take; never a promise."""
    terms = _terms(call)
    if isinstance(terms, ToolResult):
        return terms
    amount, months = terms
    income, debts = _money(call, "income"), _money(call, "debts")
    if income is None or income <= 0:
        return ToolResult(outcome="no_income")
    if debts is None or debts < 0:
        return ToolResult(outcome="no_debts")
    payment = amortization(amount, months)[0].payment
    share = debt_share(payment, income, debts)
    values = _loan_values(amount, months) | {
        "payment": _dollars(payment),
        "share": f"{_percent(share)} percent",
        "limit": f"{_percent(COMFORTABLE_SHARE)} percent",
        "highest": f"{_percent(HIGHEST_SHARE)} percent",
    }
    rows = (
        ("New payment a month", _dollars(payment)),
        ("Other debts a month", _dollars(debts)),
        ("Income a month, before tax", _dollars(income)),
        ("Share of income", f"{_percent(share)} %"),
        ("Rule of thumb", f"up to {_percent(COMFORTABLE_SHARE)} %, never over {_percent(HIGHEST_SHARE)} %"),
    )
    return ToolResult(outcome=verdict(share), values=values, rows=rows)


def _terms(call: ToolCall) -> tuple[Decimal, int] | ToolResult:
    """Amount and months of the loan, or the outcome that says which of them cannot be."""
    amount, months = _money(call, "loan_amount"), _months(call.arguments.get("loan_term", ""))
    if amount is None or not AMOUNTS.start <= amount < AMOUNTS.stop:
        limits = {"least": _dollars(Decimal(AMOUNTS.start)), "most": _dollars(Decimal(AMOUNTS.stop - 1))}
        return ToolResult(outcome="amount_out_of_range", values=limits)
    if not months:
        return ToolResult(outcome="term_out_of_range", values={"shortest": "6 months", "longest": "10 years"})
    return amount, months


def _loan_values(amount: Decimal, months: int) -> dict[str, str]:
    years, rest = divmod(months, MONTHS_OF_A_YEAR)
    over = f"{years} year{'s' if years > 1 else ''}" if rest == 0 else f"{months} months"
    return {"borrowed": _dollars(amount), "over": over}


def _months(said: str) -> int:
    """ "60 months", or a bare number of years or months; 0 for what is not among `MONTHS`."""
    number, _, unit = said.partition(" ")
    try:
        value = Decimal(number)
        if not unit and value <= LONGEST_BARE_YEARS:
            value *= MONTHS_OF_A_YEAR
    except InvalidOperation:
        return 0
    return int(value) if value in MONTHS else 0


def _money(call: ToolCall, slot: str) -> Decimal | None:
    """To the cent; None for what is no sum of money, or has more digits than any."""
    try:
        value = Decimal(call.arguments.get(slot, "")).quantize(CENT, ROUND_HALF_UP)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _rows(table: Sequence[Instalment]) -> tuple[tuple[str, str], ...]:
    """The first year month by month, each later year in one row, and the last payment."""
    rows = [
        (
            f"Month {number}",
            f"{_dollars(month.payment)}: {_dollars(month.interest)} interest, {_dollars(month.principal)} paid off, "
            f"{_dollars(month.owed)} owed",
        )
        for number, month in enumerate(table[:MONTHS_SHOWN_EACH], start=1)
    ]
    for start in range(MONTHS_SHOWN_EACH, len(table), MONTHS_OF_A_YEAR):
        year = table[start : start + MONTHS_OF_A_YEAR]
        paid = sum((month.principal for month in year), Decimal(0))
        rows.append(
            (
                f"Months {start + 1} to {start + len(year)}",
                f"{_dollars(total_interest(year))} interest, {_dollars(paid)} paid off, {_dollars(year[-1].owed)} owed",
            )
        )
    return (*rows, ("Last payment", _dollars(table[-1].payment)), ("All interest", _dollars(total_interest(table))))


def _dollars(value: Decimal) -> str:
    return money(int(value * 100))


def _percent(share: Decimal) -> str:
    return f"{share * 100:.0f}"
