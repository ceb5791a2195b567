"""What anybody may ask a bank: what a loan costs, and whether it fits an income."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from agent.core.cards import CardContent, CardTable
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


def loan_plan(call: ToolCall) -> ToolResult:
    """`plan` with the table of all months, or which of amount and term cannot be."""
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
    rows = (
        ("A month", values["payment"]),
        ("Last payment", values["last"]),
        ("All interest", values["interest"]),
        ("Interest a year", f"{ANNUAL_RATE * 100:.1f} %"),
    )
    return ToolResult(outcome="plan", values=values, rows=rows, card=CardContent(table=_schedule(table)))


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
    words = wording(__package__, call.language)
    amount, months = _money(call, "loan_amount"), _months(call.arguments.get("loan_term", ""))
    if amount is None or not AMOUNTS.start <= amount < AMOUNTS.stop:
        limits = {
            "least": _dollars(Decimal(AMOUNTS.start), words),
            "most": _dollars(Decimal(AMOUNTS.stop - 1), words),
        }
        return ToolResult(outcome="amount_out_of_range", values=limits)
    if not months:
        limits = {"shortest": _term(MONTHS.start, words), "longest": _term(MONTHS.stop - 1, words)}
        return ToolResult(outcome="term_out_of_range", values=limits)
    return amount, months


def _loan_values(amount: Decimal, months: int, words: Wording) -> dict[str, str]:
    return {"borrowed": _dollars(amount, words), "over": _term(months, words)}


def _term(months: int, words: Wording) -> str:
    """In years where it is whole ones."""
    years, rest = divmod(months, MONTHS_OF_A_YEAR)
    if rest:
        return words.phrase("{count} months", count=str(months))
    return words.phrase("{count} years" if years > 1 else "{count} year", count=str(years))


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


def _schedule(table: Sequence[Instalment]) -> CardTable:
    """Every month of the loan, and what they add up to."""
    rows = tuple(
        (str(number), _cents(month.payment), _cents(month.interest), _cents(month.principal), _cents(month.owed))
        for number, month in enumerate(table, start=1)
    )
    paid, interest = sum((month.payment for month in table), Decimal(0)), total_interest(table)
    total = ("All", _cents(paid), _cents(interest), _cents(paid - interest), "")
    return CardTable(columns=("Month", "Payment", "Interest", "Paid off", "Owed"), rows=rows, total=total)


def _cents(value: Decimal) -> str:
    """In a column, where the figures of all rows have the same form."""
    return f"${value:,.2f}"


def _dollars(value: Decimal, words: Wording) -> str:
    return words.money(int(value * 100))


def _percent(share: Decimal) -> str:
    return f"{share * 100:.0f}"
