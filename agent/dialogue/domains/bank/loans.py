"""What a loan costs month by month, and whether its instalments fit an income."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

CENT = Decimal("0.01")
ANNUAL_RATE = Decimal("0.069")
"""Nominal rate a year, charged by the month: a twelfth of it on what is still owed."""
AMOUNTS = range(1_000, 75_001)
"""Dollars that are lent."""
MONTHS = range(6, 121)

COMFORTABLE_SHARE = Decimal("0.36")
"""Of the income before tax may go to all debts together; the usual rule of thumb of lenders (28/36 rule)."""
HIGHEST_SHARE = Decimal("0.43")
"""Beyond this a new instalment is too much; the limit that United States rules on qualified mortgages used to set."""

Verdict = Literal["comfortable", "tight", "too_much"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instalment:
    """One month. Interest and principal add up to the payment."""

    payment: Decimal
    interest: Decimal
    principal: Decimal
    owed: Decimal
    """After the payment."""


def annuity(amount: Decimal, months: int, annual_rate: Decimal = ANNUAL_RATE) -> Decimal:
    """The equal payment, to the cent, that pays off `amount` in `months`: A r / (1 - (1 + r)^-n) with r a month."""
    rate = annual_rate / 12
    exact = amount / months if rate == 0 else amount * rate / (1 - (1 + rate) ** -months)
    return exact.quantize(CENT, ROUND_HALF_EVEN)


def amortization(amount: Decimal, months: int, annual_rate: Decimal = ANNUAL_RATE) -> tuple[Instalment, ...]:
    """Every month of the loan, each figure to the cent. The last payment takes what rounding left, so that in the end
    exactly nothing is owed."""
    payment, owed, table = annuity(amount, months, annual_rate), amount, []
    for month in range(1, months + 1):
        interest = (owed * annual_rate / 12).quantize(CENT, ROUND_HALF_EVEN)
        principal = owed if month == months else payment - interest
        owed -= principal
        table.append(Instalment(payment=interest + principal, interest=interest, principal=principal, owed=owed))
    return tuple(table)


def total_interest(table: Sequence[Instalment]) -> Decimal:
    return sum((month.interest for month in table), Decimal(0))


def debt_share(payment: Decimal, income: Decimal, debts: Decimal) -> Decimal:
    """The part of a month's income that this payment and what is paid on other debts take. `income` above zero."""
    return (payment + debts) / income


def verdict(share: Decimal) -> Verdict:
    """What the rule says of a share, limits included."""
    if share <= COMFORTABLE_SHARE:
        return "comfortable"
    return "tight" if share <= HIGHEST_SHARE else "too_much"
