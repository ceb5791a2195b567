"""Tells, moves and cancels appointments that a patient has."""

import re
from dataclasses import replace

from sqlalchemy import Connection

from agent.core.cards import CardAction, CardContent, CardItem
from agent.core.local_clock import LocalClock
from agent.dialogue.domains.clinic.appointments import (
    Appointment,
    ahead,
    clashing,
    is_free,
    of_patient,
    opening_of,
    receipt,
    write_cancellation,
    write_move,
)
from agent.dialogue.domains.clinic.booking import find_time, for_time, ready, taken, without_time
from agent.dialogue.domains.clinic.calendar import load_doctors
from agent.dialogue.domains.clinic.times import place_in, spoken_time
from agent.dialogue.tools import ToolCall, ToolResult
from agent.dialogue.wording import Wording, wording

_CHANGES = (("Move", "Move my appointment {number}"), ("Cancel", "Cancel my appointment {number}"))
_CHOICE = (("This one", "Appointment {number}"),)
_NUMBER = re.compile(r"C\d+")
"""What looks like an appointment's number; patients have numbers, too."""


def my_appointments(connection: Connection, patient: int, call: ToolCall, clock: LocalClock) -> ToolResult:
    """`listed` with those ahead, or `no_appointment`."""
    words, own = wording(__package__, call.language), ahead(connection, patient, clock)
    if not own:
        return ToolResult(outcome="no_appointment")
    told = words.listing([_named(one, clock, words) for one in own], "and")
    return ToolResult(outcome="listed", values={"appointments": told}, card=_list(own, clock, words, changes=True))


def cancel_options(connection: Connection, patient: int, call: ToolCall, clock: LocalClock) -> ToolResult:
    """`ready` once it is clear which is meant; otherwise `which`, or why there is none to cancel."""
    words = wording(__package__, call.language)
    meant = _meant(connection, patient, call, clock, words)
    return meant if isinstance(meant, ToolResult) else receipt("ready", meant, clock, words)


def cancel_appointment(connection: Connection, patient: int, call: ToolCall, clock: LocalClock) -> ToolResult:
    """`cancelled`, also for who has cancelled it already."""
    words = wording(__package__, call.language)
    meant = _meant(connection, patient, call, clock, words)
    if isinstance(meant, ToolResult):
        return replace(meant, outcome="cancelled") if meant.outcome == "is_cancelled" else meant
    write_cancellation(connection, patient, meant, clock)
    return receipt("cancelled", meant, clock, words)


def move_options(connection: Connection, patient: int, call: ToolCall, clock: LocalClock) -> ToolResult:
    """`ready` once it is clear which is meant and for when; otherwise the question that is open."""
    words, doctors = wording(__package__, call.language), load_doctors(connection)
    meant = _meant(connection, patient, call, clock, words)
    if isinstance(meant, ToolResult):
        return meant
    wish = _for_the_new_time(call, meant, clock)
    chosen = [doctor for doctor in doctors if doctor.key == wish.arguments.get("doctor", meant.doctor.key)]
    values = {"appointment": meant.name, "old_when": spoken_time(meant.starts_at, clock, words)}
    others = [one for one in ahead(connection, patient, clock) if one.number != meant.number]
    found = find_time(connection, wish, chosen, others, clock, words)
    if isinstance(found, ToolResult):
        return replace(found, values=found.values | values)
    clash = clashing(others, found)
    return receipt("clash", clash, clock, words) if clash is not None else ready(found, clock, words, values)


def move_appointment(connection: Connection, patient: int, call: ToolCall, clock: LocalClock) -> ToolResult:
    """`moved`, also for who has moved it there already; `taken`, with what else is free, when others were quicker."""
    words, doctors = wording(__package__, call.language), load_doctors(connection)
    wanted = opening_of(call.arguments.get("opening", ""), doctors)
    named = _numbered(of_patient(connection, patient), call)
    if wanted is None or named is None or named.cancelled:
        return move_options(connection, patient, call, clock)
    if named.fills(wanted):
        return receipt("moved", named, clock, words)
    if not is_free(connection, wanted, clock):
        return taken(move_options(connection, patient, without_time(call), clock))
    options = move_options(connection, patient, for_time(call, wanted, clock), clock)
    if options.outcome != "ready":
        return options
    return receipt("moved", write_move(connection, patient, named, wanted), clock, words)


def _meant(
    connection: Connection, patient: int, call: ToolCall, clock: LocalClock, words: Wording
) -> Appointment | ToolResult:
    """The appointment that the call is about: by its number, the day or the doctor, its place in the list that was
    read aloud, or because there is no other. One of somebody else is not told apart from one that does not exist."""
    if _NUMBER.fullmatch(call.arguments.get("appointment", "")):
        named = _numbered(of_patient(connection, patient), call)
        if named is None or (not named.cancelled and named.starts_at <= clock.now()):
            return ToolResult(outcome="no_such_appointment")
        return receipt("is_cancelled", named, clock, words) if named.cancelled else named
    own = ahead(connection, patient, clock)
    if not own:
        return ToolResult(outcome="no_appointment")
    if len(own) == 1:
        return own[0]
    day, doctor = call.arguments.get("day"), call.arguments.get("doctor")
    told = [one for one in own if clock.local(one.starts_at).date().isoformat() == day or one.doctor.key == doctor]
    if len(told) == 1:
        return told[0]
    if (place := place_in(own, call)) is not None:
        return own[place]
    options = words.listing([_named(one, clock, words) for one in own], "or")
    return ToolResult(outcome="which", values={"options": options}, card=_list(own, clock, words, changes=False))


def _numbered(own: list[Appointment], call: ToolCall) -> Appointment | None:
    return next((one for one in own if one.name == call.arguments.get("appointment")), None)


def _for_the_new_time(call: ToolCall, moved: Appointment, clock: LocalClock) -> ToolCall:
    """The call without what tells which appointment is meant: its own day is no wish for a new one."""
    local, given = clock.local(moved.starts_at), dict(call.arguments)
    if given.get("day") == f"{local:%Y-%m-%d}" and given.get("time") in (None, f"{local:%H:%M}"):
        del given["day"]
        given.pop("time", None)
    return replace(call, arguments=given)


def _named(one: Appointment, clock: LocalClock, words: Wording) -> str:
    when = spoken_time(one.starts_at, clock, words)
    return words.phrase("{when} with {doctor}", when=when, doctor=words.phrase(one.doctor.name))


def _list(own: list[Appointment], clock: LocalClock, words: Wording, *, changes: bool) -> CardContent:
    """The appointments, to be moved or cancelled, or to be picked."""
    offered = _CHANGES if changes else _CHOICE
    items = []
    for one in own:
        actions = tuple(
            CardAction(label=words.phrase(label), say=words.phrase(say, number=one.name)) for label, say in offered
        )
        doctor = words.phrase(one.doctor.name)
        where = f"{words.phrase(one.doctor.department_name)}, {words.phrase(one.doctor.place)}"
        title = f"{words.day(clock.local(one.starts_at).date())}, {words.time(clock.local(one.starts_at).time())}"
        items.append(CardItem(title=title, value=one.name, text=f"{doctor}, {where}", actions=actions))
    return CardContent(items=tuple(items))
