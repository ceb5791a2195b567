"""The bank's own part: who may see what, what is written once, and loans that end at exactly nothing."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.errors import StoreError
from agent.dialogue.domains.bank.loans import AMOUNTS, MONTHS, amortization, annuity, debt_share, verdict
from agent.dialogue.domains.bank.tools import FOR_A_CUSTOMER, BankTools
from agent.dialogue.domains.shop.tools import ShopTools
from agent.dialogue.glossary import load_glossary
from agent.dialogue.identity import NO_MATCH, WRONG_ANSWERS_A_DAY
from agent.dialogue.tools import ToolCall, ToolResult
from agent.dialogue.understanding import load_understanding

TODAY = date(2026, 11, 18)
DANA = {"customer_number": "4710023", "birth_date": "1985-05-03"}
LEE = {"customer_number": "4710581", "birth_date": "1972-11-20"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bank.sqlite3"


@pytest.fixture
def bank(path: Path) -> Iterator[BankTools]:
    tools = BankTools(path, today=lambda: TODAY)
    yield tools
    tools.close()


def ask(bank: BankTools, tool: str, **arguments: str) -> ToolResult:
    return bank.run(ToolCall(name=tool, customer="guest", arguments=arguments))


@pytest.mark.parametrize("tool", sorted(FOR_A_CUSTOMER))
@pytest.mark.parametrize(
    "who",
    [
        {},
        {"customer_number": "4710023"},
        {"customer_number": "4710023", "birth_date": "1985-05-04"},
        {"customer_number": "4710999", "birth_date": "1985-05-03"},
        {"customer_number": "' OR '1'='1", "birth_date": "' OR '1'='1"},
        {"customer_number": "4710023", "surname": "Parker"},
        {"customer_number": "4710023", "surname": "x'; DROP TABLE customers; --"},
        {"birth_date": "1985-05-03"},
    ],
)
def test_nobody_gets_in_with_less(tool: str, who: dict[str, str], bank: BankTools) -> None:
    """Without the right number and proof no tool tells or writes anything, and no refusal says what was wrong."""
    result = ask(bank, tool, **who, card="debit", amount="349.00", reason="twice")
    assert result in (NO_MATCH, ToolResult(outcome="who_is_it"))


@pytest.mark.parametrize("tool", sorted(set(FOR_A_CUSTOMER) - {"block_card", "card_to_block"}))
def test_a_surname_shows_nothing(tool: str, bank: BankTools) -> None:
    """The light proof that blocks a card opens no account."""
    assert ask(bank, tool, customer_number="4710023", surname="Brown") == NO_MATCH


def test_a_number_is_closed_after_some_wrong_answers(path: Path) -> None:
    """Over all calls of a day; then even the right answer is refused, in the same words, until the next day."""
    days = [TODAY]
    bank = BankTools(path, today=lambda: days[0])
    for _ in range(WRONG_ANSWERS_A_DAY):
        assert ask(bank, "balances", customer_number="4710023", birth_date="1990-01-01") == NO_MATCH
    assert ask(bank, "balances", **DANA) == NO_MATCH
    assert ask(bank, "balances", **LEE).outcome == "told"
    days[0] = TODAY + timedelta(days=1)
    assert ask(bank, "balances", **DANA).outcome == "told"
    bank.close()


def test_right_answers_clear_wrong_ones_but_a_surname_does_not(bank: BankTools) -> None:
    """Who knows a name cannot use it to go on guessing dates of birth."""
    for _ in range(WRONG_ANSWERS_A_DAY - 1):
        ask(bank, "balances", customer_number="4710023", birth_date="1990-01-01")
    assert ask(bank, "card_to_block", customer_number="4710023", surname="Brown").outcome == "choose"
    assert ask(bank, "balances", **DANA).outcome == "told"
    for _ in range(WRONG_ANSWERS_A_DAY - 1):
        ask(bank, "balances", customer_number="4710023", birth_date="1990-01-01")
    ask(bank, "card_to_block", customer_number="4710023", surname="Brown")
    ask(bank, "balances", customer_number="4710023", birth_date="1990-01-01")
    assert ask(bank, "balances", **DANA) == NO_MATCH


def test_payments_of_others_cannot_be_disputed(bank: BankTools) -> None:
    """Neither by amount nor by the reference of somebody else's payment."""
    theirs = ask(bank, "dispute_options", **DANA, amount="412.50")
    reference = theirs.values["payment"]
    assert ask(bank, "open_dispute", **LEE, payment=reference, reason="twice").outcome == "no_such_payment"
    assert ask(bank, "open_dispute", **LEE, amount="412.50", reason="twice").outcome == "no_such_payment"


@pytest.mark.parametrize(
    ("tool", "arguments", "first", "later"),
    [
        ("block_card", {"card": "credit"}, "blocked", "already"),
        ("open_dispute", {"amount": "412.50", "reason": "twice"}, "opened", "already"),
    ],
)
def test_writes_happen_once(tool: str, arguments: dict[str, str], first: str, later: str, path: Path) -> None:
    """Four at the same time, from processes of their own as it were: one writes, the others hear what is there."""
    banks = [BankTools(path, today=lambda: TODAY) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(lambda bank: ask(bank, tool, **DANA, **arguments), banks))
    assert sorted(result.outcome for result in results) == sorted([first, later, later, later])
    assert len({result.rows for result in results}) == 1
    for bank in banks:
        bank.close()


@pytest.mark.parametrize(
    ("arguments", "outcome"),
    [
        ({}, "choose"),
        ({"day": "2026-11-12"}, "why"),
        ({"payment": "the one from Streamly"}, "why"),
        ({"payment": "the second one"}, "why"),
        ({"payment": "the spaceship"}, "no_such_payment"),
        ({"amount": "3150.00"}, "no_such_payment"),
        ({"amount": "980.00"}, "too_late"),
        ({"amount": "64.12", "day": "2026-11-01"}, "no_such_payment"),
    ],
)
def test_picking_a_payment(arguments: dict[str, str], outcome: str, bank: BankTools) -> None:
    """By nothing, day, name, place in the list or amount; what came in is no payment to dispute."""
    assert ask(bank, "dispute_options", **DANA, **arguments).outcome == outcome


def test_unknown_tool_and_unusable_file(bank: BankTools, tmp_path: Path) -> None:
    """An unknown tool fails without a fault, a file that is none is named."""
    assert ask(bank, "print_money").outcome == "failed"
    (tmp_path / "other").mkdir()
    with pytest.raises(StoreError, match="the bank's database .*other"):
        BankTools(tmp_path / "other")


def test_database_of_another_business_is_refused(path: Path, bank: BankTools) -> None:
    """The shop does not open the bank's file, and leaves it as it was."""
    strange = r"is not the shop's, or that of an earlier version: its table customers has no address, pseudonym\."
    with pytest.raises(StoreError, match=rf"bank\.sqlite3 {strange}"):
        ShopTools(path)
    assert ask(bank, "balances", **DANA).outcome == "told"


@given(cents=st.integers(AMOUNTS.start * 100, (AMOUNTS.stop - 1) * 100), months=st.sampled_from(MONTHS))
def test_every_loan_ends_at_nothing(cents: int, months: int) -> None:
    """To the cent: each month adds up, the principals are the loan, and the last payment differs by cents alone."""
    amount = Decimal(cents) / 100
    table = amortization(amount, months)
    assert len(table) == months and table[-1].owed == 0
    assert sum(month.principal for month in table) == amount
    assert all(month.payment == month.interest + month.principal and month.principal > 0 for month in table)
    assert {month.payment for month in table[:-1]} <= {annuity(amount, months)}
    assert abs(table[-1].payment - table[0].payment) <= Decimal("0.01") * months


@pytest.mark.parametrize(
    ("amount", "months", "rate", "payment"),
    [("10000", 60, "0.069", "197.54"), ("1200", 12, "0", "100.00"), ("100000", 360, "0.06", "599.55")],
)
def test_payments_that_are_known(amount: str, months: int, rate: str, payment: str) -> None:
    """Payments as tables of loans print them; the one of a mortgage over 30 years at 6 % is a textbook's."""
    assert annuity(Decimal(amount), months, Decimal(rate)) == Decimal(payment)


@pytest.mark.parametrize(
    ("payment", "income", "debts", "says"),
    [("360", "1000", "0", "comfortable"), ("361", "1000", "0", "tight"), ("300", "1000", "131", "too_much")],
)
def test_rule_of_affordability(payment: str, income: str, debts: str, says: str) -> None:
    """Limits belong to the milder side, and other debts count."""
    assert verdict(debt_share(Decimal(payment), Decimal(income), Decimal(debts))) == says


@pytest.mark.parametrize(
    ("arguments", "outcome"),
    [
        ({"loan_amount": "10000.00", "loan_term": "60 months"}, "plan"),
        ({"loan_amount": "10000", "loan_term": "5"}, "plan"),
        ({"loan_amount": "10000", "loan_term": "48"}, "plan"),
        ({"loan_amount": "999", "loan_term": "5"}, "amount_out_of_range"),
        ({"loan_amount": "NaN", "loan_term": "5"}, "amount_out_of_range"),
        ({"loan_amount": "a lot", "loan_term": "5"}, "amount_out_of_range"),
        ({"loan_amount": "9" * 40, "loan_term": "5"}, "amount_out_of_range"),
        ({"loan_amount": "10000", "loan_term": "400 months"}, "term_out_of_range"),
        ({"loan_amount": "10000", "loan_term": "soon"}, "term_out_of_range"),
        ({"loan_amount": "10000", "loan_term": "NaN"}, "term_out_of_range"),
        ({"loan_amount": "10000", "loan_term": "Infinity months"}, "term_out_of_range"),
        ({"loan_amount": "10000", "loan_term": "7.5 months"}, "term_out_of_range"),
    ],
)
def test_loans_that_can_and_cannot_be(arguments: dict[str, str], outcome: str, bank: BankTools) -> None:
    """A bare small number is years, a larger one months; nonsense is asked for again."""
    assert ask(bank, "loan_plan", **arguments).outcome == outcome


def test_limits_of_a_loan_are_told_in_the_language_of_the_call(bank: BankTools) -> None:
    """They are those that the loan is checked against."""
    called = ToolCall(name="loan_plan", customer="guest", arguments={"loan_amount": "5000", "loan_term": "5 months"})
    told = [bank.run(replace(called, language=language)).values for language in ("en", "zh")]
    assert told == [{"shortest": "6 months", "longest": "10 years"}, {"shortest": "6个月", "longest": "10年"}]


def test_income_of_nothing(bank: BankTools) -> None:
    """Nothing is divided by no income."""
    asked = {"loan_amount": "5000", "loan_term": "2", "debts": "0"}
    assert ask(bank, "affordability", **asked, income="0").outcome == "no_income"


def test_glossary_is_what_is_listened_for() -> None:
    """Every term of the glossary is found in what customers say, in the same words."""
    heard = load_understanding("bank").slots["term"].words
    assert heard == {key: term.said for key, term in load_glossary("agent.dialogue.domains.bank").items()}
