"""Finds out who calls: a number with a date of birth, or, where nothing is given away, with a surname."""

import re
from datetime import date
from typing import Any

from sqlalchemy import Column, Connection, Date, Integer, String, Table, select, update

from agent.core.scripts import HAN
from agent.dialogue.tools import ToolCall, ToolResult

WRONG_ANSWERS_A_DAY = 5
"""After so many a number is closed to callers until the next day, over all calls; the refusal stays the same."""
LONGEST_ANSWER_WORDS = 6
"""An answer is searched for a surname in so many words and no more: a list of guesses is no answer."""

_LEAD_IN = "我|她|他|本人|免贵|就是|是|的|姓|叫|名字|小|登记|订单上|卡上"
_CHINESE_NAME = re.compile(rf"(?:(?:{_LEAD_IN})+\s*)?({HAN.pattern}{{1,4}})")
"""The first name in an answer, after what leads up to it."""

NO_MATCH = ToolResult(outcome="no_match")
"""Says neither which part was wrong, nor whether there is such a person, nor whether the number is closed."""


def person_columns(*, number_digits: int) -> tuple[Column[Any], ...]:
    """What a table holds of people who can be `proven`."""
    return (
        Column("id", Integer, primary_key=True),
        Column("number", String(number_digits), nullable=False, unique=True),
        Column("first_name", String(100), nullable=False),
        Column("surname", String(100), nullable=False),
        Column("born_on", Date, nullable=False),
        # Wrong answers of callers who gave this number, since the last right one or since the day began.
        Column("wrong_answers", Integer, nullable=False, default=0),
        Column("wrong_on", Date),
    )


def proven(
    connection: Connection, people: Table, call: ToolCall, today: date, *, number: str, by_name: bool = False
) -> int | ToolResult:
    """The id of the person among `people` whose number, the argument `number`, and date of birth the call names, or
    the outcome that refuses it; `by_name` a surname does instead."""
    if by_name and "surname" not in call.arguments:
        return ToolResult(outcome="who_is_it")
    person = connection.execute(select(people).where(people.c.number == call.arguments.get(number, ""))).one_or_none()
    if person is None:
        return NO_MATCH
    wrong = person.wrong_answers if person.wrong_on == today else 0
    if wrong >= WRONG_ANSWERS_A_DAY:
        return NO_MATCH
    if by_name:
        right = person.surname.casefold() in surnames(call.arguments["surname"])
    else:
        right = person.born_on.isoformat() == call.arguments.get("birth_date")
    if not right or (wrong and not by_name):
        counted = update(people).where(people.c.id == person.id)
        connection.execute(counted.values(wrong_answers=0 if right else wrong + 1, wrong_on=today))
    found: int = person.id
    return found if right else NO_MATCH


def surnames(answer: str) -> set[str]:
    """What a surname may be in "it's Brown", "B R O W N" or "Brown, please", case-folded; in 我姓李 or 李娜 the first
    one or two characters of the name."""
    words = re.findall(r"[^\W\d_]+", HAN.sub(" ", answer.casefold()))
    spelled = "".join(word for word in words if len(word) == 1)
    chinese = _CHINESE_NAME.search(answer)
    name = "" if chinese is None else chinese[1]
    return {*words[:LONGEST_ANSWER_WORDS], spelled, name[:1], name[:2]} - {""}
