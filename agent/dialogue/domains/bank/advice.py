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
from agent.dialogue.tools import ToolCall, ToolResult
from agent.dialogue.wording import Wording, wording

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
    words = wording(__package__, call.language)
    values = _loan_values(amount, months, words) | {
        "payment": _dollars(table[0].payment, words),
        "count": str(months),
        "interest": _dollars(total_interest(table), words),
        "rate": words.phrase("{share} percent", share=f"{ANNUAL_RATE * 100:.1f}"),
        "last": _dollars(table[-1].payment, words),
    }
    return ToolResult(outcome="plan", values=values, rows=_rows(table, words))


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
    words = wording(__package__, call.language)
    shares = {"share": share, "limit": COMFORTABLE_SHARE, "highest": HIGHEST_SHARE}
    said = {name: words.phrase("{share} percent", share=_percent(each)) for name, each in shares.items()}
    limits = {"limit": _percent(COMFORTABLE_SHARE), "highest": _percent(HIGHEST_SHARE)}
    rows = (
        ("New payment a month", _dollars(payment, words)),
        ("Other debts a month", _dollars(debts, words)),
        ("Income a month, before tax", _dollars(income, words)),
        ("Share of income", f"{_percent(share)} %"),
        ("Rule of thumb", words.phrase("up to {limit} %, never over {highest} %", **limits)),
    )
    values = _loan_values(amount, months, words) | {"payment": _dollars(payment, words)} | said
    return ToolResult(outcome=verdict(share), values=values, rows=rows)


def _terms(call: ToolCall) -> tuple[Decimal, int] | ToolResult:
    """Amount and months of the loan, or the outcome that says which of them cannot be."""
    amount, months = _money(call, "loan_amount"), _months(call.arguments.get("loan_term", ""))
    if amount is None or not AMOUNTS.start <= amount < AMOUNTS.stop:
        words = wording(__package__, call.language)
        limits = {
            "least": _dollars(Decimal(AMOUNTS.start), words),
            "most": _dollars(Decimal(AMOUNTS.stop - 1), words),
        }
        return ToolResult(outcome="amount_out_of_range", values=limits)
    if not months:
        return ToolResult(outcome="term_out_of_range", values={"shortest": "6 months", "longest": "10 years"})
    return amount, months


def _loan_values(amount: Decimal, months: int, words: Wording) -> dict[str, str]:
    years, rest = divmod(months, MONTHS_OF_A_YEAR)
    over = words.phrase("{count} months", count=str(months))
    if rest == 0:
        over = words.phrase("{count} years" if years > 1 else "{count} year", count=str(years))
    return {"borrowed": _dollars(amount, words), "over": over}


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


def _rows(table: Sequence[Instalment], words: Wording) -> tuple[tuple[str, str], ...]:
    """The first year month by month, each later year in one row, and the last payment."""
    rows = [
        (
            words.phrase("Month {number}", number=str(number)),
            words.phrase(
                "{payment}: {interest} interest, {principal} paid off, {owed} owed",
                payment=_dollars(month.payment, words),
                interest=_dollars(month.interest, words),
                principal=_dollars(month.principal, words),
                owed=_dollars(month.owed, words),
            ),
        )
        for number, month in enumerate(table[:MONTHS_SHOWN_EACH], start=1)
    ]
    for start in range(MONTHS_SHOWN_EACH, len(table), MONTHS_OF_A_YEAR):
        year = table[start : start + MONTHS_OF_A_YEAR]
        rows.append(
            (
                words.phrase("Months {first} to {last}", first=str(start + 1), last=str(start + len(year))),
                words.phrase(
                    "{interest} interest, {principal} paid off, {owed} owed",
                    interest=_dollars(total_interest(year), words),
                    principal=_dollars(sum((month.principal for month in year), Decimal(0)), words),
                    owed=_dollars(year[-1].owed, words),
                ),
            )
        )
    last, interest = _dollars(table[-1].payment, words), _dollars(total_interest(table), words)
    return (*rows, ("Last payment", last), ("All interest", interest))


def _dollars(value: Decimal, words: Wording) -> str:
    return words.money(int(value * 100))


def _percent(share: Decimal) -> str:
    return f"{share * 100:.0f}"
