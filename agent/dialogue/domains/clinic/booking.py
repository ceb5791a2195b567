"""Makes new appointments: a complaint is screened, a free time picked, and booked once."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from agent.core.local_clock import LocalClock
from agent.dialogue.domains.clinic.appointments import (
    Appointment,
    ahead,
    clashing,
    is_free,
    opening_of,
    receipt,
    write_booking,
)
from agent.dialogue.domains.clinic.calendar import Doctor, Opening, load_doctors, openings
from agent.dialogue.domains.clinic.times import Wish, pick, spoken_time
from agent.dialogue.domains.clinic.triage import doctors_for, screen
from agent.dialogue.tools import ToolCall, ToolResult
from agent.dialogue.wording import Wording, wording

MOST_AHEAD = 4
"""Appointments that one patient can have ahead: calendars are for everybody."""
TIME_SLOTS = ("opening", "day", "time", "choice", "offered")
"""Arguments that say which time is meant."""


def booking_options(connection: Connection, patient: int, call: ToolCall, clock: LocalClock) -> ToolResult:
    """`ready` once a free time is known; otherwise the question that is open, or why there can be no appointment."""
    words, doctors = wording(__package__, call.language), load_doctors(connection)
    screened = screen(call, doctors, words)
    if isinstance(screened, ToolResult):
        return screened
    own = ahead(connection, patient, clock)
    if len(own) >= MOST_AHEAD:
        return ToolResult(outcome="too_many")
    found = find_time(connection, call, _wanted_doctors(call, doctors), own, clock, words)
    if isinstance(found, ToolResult):
        return replace(found, values=found.values | screened)
    clash = clashing(own, found)
    if clash is not None:
        return receipt("clash", clash, clock, words)
    return ready(found, clock, words, screened)


def book_appointment(connection: Connection, patient: int, call: ToolCall, clock: LocalClock) -> ToolResult:
    """`booked`, also for who has booked just that; `taken`, with what else is free, when others were quicker."""
    words, doctors = wording(__package__, call.language), load_doctors(connection)
    wanted = opening_of(call.arguments.get("opening", ""), doctors)
    if wanted is None:
        return booking_options(connection, patient, call, clock)
    own = ahead(connection, patient, clock)
    booked = next((one for one in own if one.fills(wanted)), None)
    if booked is not None:
        return receipt("booked", booked, clock, words)
    if not is_free(connection, wanted, clock):
        return taken(booking_options(connection, patient, without_time(call), clock))
    options = booking_options(connection, patient, for_time(call, wanted, clock), clock)
    if options.outcome != "ready":
        return options
    return receipt("booked", write_booking(connection, patient, wanted, clock), clock, words)


def find_time(
    connection: Connection,
    call: ToolCall,
    chosen: list[Doctor],
    own: Sequence[Appointment],
    clock: LocalClock,
    words: Wording,
) -> Opening | ToolResult:
    """The free time of the `chosen` doctors that the call means, or what they offer that the patient's `own`
    appointments leave open."""
    wish, free = Wish.of(call), openings(connection, chosen, clock, clock.today())
    found = pick(free, wish, clock, words)
    if isinstance(found, Opening):
        return found
    found = pick([one for one in free if clashing(own, one) is None], wish, clock, words)
    if isinstance(found, Opening):
        return found
    names = words.listing([words.phrase(doctor.name) for doctor in chosen], "and")
    return replace(found, values=found.values | {"with_whom": names})


def ready(opening: Opening, clock: LocalClock, words: Wording, values: dict[str, str]) -> ToolResult:
    """`ready`, with what a yes is asked for."""
    local = clock.local(opening.starts_at)
    doctor = words.phrase(opening.doctor.name)
    when = spoken_time(opening.starts_at, clock, words)
    department = words.phrase(opening.doctor.department_name)
    told = {
        "opening": opening.reference,
        "day": f"{local:%Y-%m-%d}",
        "time": f"{local:%H:%M}",
        "when": when,
        "with_whom": doctor,
        "department_name": department,
    }
    rows = ((words.phrase("When"), when), (words.phrase("With"), f"{doctor}, {department}"))
    return ToolResult(outcome="ready", values=values | told, rows=rows)


def taken(options: ToolResult) -> ToolResult:
    """What else is free, for who was too late."""
    return replace(options, outcome="taken") if options.outcome == "choose" else options


def without_time(call: ToolCall) -> ToolCall:
    return replace(call, arguments={name: given for name, given in call.arguments.items() if name not in TIME_SLOTS})


def for_time(call: ToolCall, opening: Opening, clock: LocalClock) -> ToolCall:
    """The call as if its customer had named just this time and doctor."""
    local = clock.local(opening.starts_at)
    named = {"day": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}", "doctor": opening.doctor.key}
    return replace(call, arguments=without_time(call).arguments | named)


def _wanted_doctors(call: ToolCall, doctors: tuple[Doctor, ...]) -> list[Doctor]:
    """The doctor that was named last, or else those whom the complaint, department or doctor leads to."""
    named = [doctor for doctor in doctors if doctor.key == call.arguments.get("doctor")]
    return named or list(doctors_for(call, doctors))
