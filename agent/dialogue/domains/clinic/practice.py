"""What anybody may ask a clinic: when it is open, where to go, who works there and what to bring."""

from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection, select

from agent.core.cards import CardAction, CardContent, CardItem
from agent.core.local_clock import LocalClock
from agent.dialogue.domains.clinic.calendar import Doctor, load_doctors
from agent.dialogue.domains.clinic.tables import closures, opening_hours
from agent.dialogue.domains.clinic.triage import doctors_for, triage
from agent.dialogue.tools import ToolCall, ToolResult
from agent.dialogue.wording import Wording, wording

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_Span = tuple[time, time]
"""When the doors open and close."""


def hours(connection: Connection, call: ToolCall, clock: LocalClock) -> ToolResult:
    """`open_that_day` or `closed_that_day` where a day is named, else `open_now` or `closed_now`; the week as rows."""
    words = wording(__package__, call.language)
    week = {row.weekday: (row.opens, row.closes) for row in connection.execute(select(opening_hours))}
    shut = set(connection.scalars(select(closures.c.day)))
    rows = tuple(
        (
            words.phrase(name),
            _span(words, week[weekday]) if weekday in week else words.phrase("closed"),
        )
        for weekday, name in enumerate(WEEKDAYS)
    )
    now = clock.now()
    day = date.fromisoformat(call.arguments["day"]) if "day" in call.arguments else None
    values = {"when": words.on_day(day or now.date(), now.date())}
    span = None if (day or now.date()) in shut else week.get((day or now.date()).weekday())
    if span is not None:
        values |= {"opens": words.time(span[0]), "closes": words.time(span[1])}
    if day is not None:
        outcome = "closed_that_day" if span is None else "open_that_day"
    else:
        outcome = "open_now" if span is not None and span[0] <= now.time() < span[1] else "closed_now"
        values["opens_next"] = _opens_next(now, week, shut, words)
    return ToolResult(outcome=outcome, values=values, rows=rows)


def departments(connection: Connection, call: ToolCall, clock: LocalClock) -> ToolResult:
    """`all_departments`, or, for a complaint, a department or a doctor that was named, as `triage`."""
    words, doctors = wording(__package__, call.language), load_doctors(connection)
    if "about" in call.arguments:
        return triage(call, doctors, words)
    items = tuple(_item(key, doctors, words) for key in dict.fromkeys(doctor.department for doctor in doctors))
    names = words.listing([item.title for item in items], "and")
    return ToolResult(outcome="all_departments", values={"departments": names}, card=CardContent(items=items))


def to_bring(connection: Connection, call: ToolCall, clock: LocalClock) -> ToolResult:
    """`bring_for` a department where one can be told from what was named, else `bring`."""
    words, doctors = wording(__package__, call.language), load_doctors(connection)
    if "about" not in call.arguments:
        return ToolResult(outcome="bring")
    doctor = doctors_for(call, doctors)[0]
    values = {"department_name": words.phrase(doctor.department_name), "bring": words.phrase(doctor.bring)}
    return ToolResult(outcome="bring_for", values=values)


def _item(department: str, doctors: tuple[Doctor, ...], words: Wording) -> CardItem:
    staff = [doctor for doctor in doctors if doctor.department == department]
    name = words.phrase(staff[0].department_name)
    who = words.listing([words.phrase(doctor.name) for doctor in staff], "and")
    book = CardAction(
        label=words.phrase("Book"), say=words.phrase("I'd like an appointment at the {department}", department=name)
    )
    return CardItem(title=name, value=words.phrase(staff[0].place), text=who, actions=(book,))


def _opens_next(now: datetime, week: dict[int, _Span], shut: set[date], words: Wording) -> str:
    """The next time the doors open, as part of a sentence."""
    for ahead in range(15):
        day = now.date() + timedelta(days=ahead)
        span = None if day in shut else week.get(day.weekday())
        if span is not None and (ahead > 0 or now.time() < span[0]):
            return words.phrase("{day} at {time}", day=words.on_day(day, now.date()), time=words.time(span[0]))
    return words.phrase("not within two weeks")


def _span(words: Wording, span: _Span) -> str:
    return words.phrase("{opens} to {closes}", opens=words.time(span[0]), closes=words.time(span[1]))
