"""Finds out who calls: a customer number with a date of birth, or, where nothing is given away, with a surname."""

import re
from datetime import date

from sqlalchemy import Connection, select, update

from agent.dialogue.domains.bank.tables import customers
from agent.dialogue.tools import ToolCall, ToolResult

WRONG_ANSWERS_A_DAY = 5
"""After so many a number is closed to callers until the next day, over all calls; the refusal stays the same."""
LONGEST_ANSWER_WORDS = 6
"""An answer is searched for a surname in so many words and no more: a list of guesses is no answer."""

NO_MATCH = ToolResult(outcome="no_match")
"""Says neither which part was wrong, nor whether there is such a customer, nor whether the number is closed."""


def identified(connection: Connection, call: ToolCall, today: date) -> int | ToolResult:
    """The customer whose number and date of birth the call names, or the outcome that refuses it."""
    return _proven(connection, call, today, by_name=False)


def recognised(connection: Connection, call: ToolCall, today: date) -> int | ToolResult:
    """As `identified`, but a surname will do: enough to block a card, which shows nothing and does no lasting harm."""
    return _proven(connection, call, today, by_name="birth_date" not in call.arguments)


def _proven(connection: Connection, call: ToolCall, today: date, *, by_name: bool) -> int | ToolResult:
    if by_name and "surname" not in call.arguments:
        return ToolResult(outcome="who_is_it")
    number = call.arguments.get("customer_number", "")
    customer = connection.execute(select(customers).where(customers.c.number == number)).one_or_none()
    if customer is None:
        return NO_MATCH
    wrong = customer.wrong_answers if customer.wrong_on == today else 0
    if wrong >= WRONG_ANSWERS_A_DAY:
        return NO_MATCH
    if by_name:
        right = customer.surname.casefold() in _names(call.arguments["surname"])
    else:
        right = customer.born_on.isoformat() == call.arguments.get("birth_date")
    if not right:
        _count(connection, customer.id, wrong + 1, today)
    elif wrong and not by_name:
        _count(connection, customer.id, 0, today)
    found: int = customer.id
    return found if right else NO_MATCH


def _count(connection: Connection, customer: int, wrong: int, today: date) -> None:
    counted = update(customers).where(customers.c.id == customer)
    connection.execute(counted.values(wrong_answers=wrong, wrong_on=today))


def _names(answer: str) -> set[str]:
    """What a surname may be in "it's Brown", "B R O W N" or "Brown, please"."""
    words = re.findall(r"[^\W\d_]+", answer.casefold())
    spelled = "".join(word for word in words if len(word) == 1)
    return {*words[:LONGEST_ANSWER_WORDS], spelled} - {""}
