"""When doctors are free, how a time is picked among theirs, and when the doors are open."""

from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.dialogue.domains.clinic.calendar import AHEAD_DAYS, NOTICE, load_doctors, openings
from agent.dialogue.domains.clinic.database import open_database
from agent.dialogue.domains.clinic.tools import ClinicTools
from agent.dialogue.understanding import load_understanding
from agent.perception.slots import find_slots
from tests.dialogue.domains.clinic_calls import DANA, FRIDAY_TEN, MARIA, NINE, OMAR, ask, clock_at


@settings(max_examples=12, deadline=None)
@given(now=st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)))
def test_free_times_are_free(now: datetime, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whenever somebody asks: in the doctor's hours on the wall, ahead, not on a holiday, and meeting no other."""
    clock = clock_at(now)
    engine = open_database(tmp_path_factory.mktemp("c") / "clinic.sqlite3", clock)
    with engine.begin() as connection:
        lind = next(doctor for doctor in load_doctors(connection) if doctor.key == "lind")
        free = openings(connection, [lind], clock, clock.today())
    engine.dispose()
    assert free == sorted(free, key=lambda one: one.starts_at)
    assert all(one.ends_at <= later.starts_at for one, later in zip(free, free[1:], strict=False))
    local = [clock.local(one.starts_at) for one in free]
    assert all(8 <= moment.hour < 19 and moment.minute % 20 == 0 and moment.weekday() < 5 for moment in local)
    assert all((moment.month, moment.day) not in ((1, 1), (12, 24), (12, 25), (12, 26), (12, 31)) for moment in local)
    assert all(NOTICE <= one.starts_at - clock.now() <= timedelta(days=AHEAD_DAYS + 1) for one in free)


@pytest.mark.parametrize(
    ("wish", "outcome", "said"),
    [
        ({}, "choose", "today at 9:40 am"),
        ({"day": "2026-11-20"}, "choose", "on Friday, November 20th at 8:00 am, 10:00 am or 11:40 am"),
        ({"day": "2026-11-21"}, "instead", "on Monday, November 23rd at 8:00 am"),
        ({"day": "2026-11-20", "time": "afternoon"}, "instead", "November 20th at 8:00 am, 10:00 am or 11:40 am"),
        ({"day": "2026-11-20", "time": "12:00"}, "instead", "November 20th at 11:00 am, 11:20 am or 11:40 am"),
        ({"day": "2026-11-20", "time": "10:00"}, "ready", "on Friday, November 20th at 10:00 am"),
        ({"time": "10:00"}, "ready", "today at 10:00 am"),
        ({"choice": "second"}, "choose", "today at 9:40 am"),
        (
            {"choice": "second", "offered": f"lind 2026-11-20T13:00Z, {FRIDAY_TEN}"},
            "ready",
            "November 20th at 10:00 am",
        ),
        ({"choice": "third", "offered": f"lind 2026-11-20T13:00Z, {FRIDAY_TEN}"}, "choose", "today at 9:40 am"),
        ({"choice": "first", "offered": "lind 2026-11-20T15:07Z"}, "instead", "today at 9:40 am"),
        ({"doctor": "okafor", "time": "morning"}, "choose", "tomorrow at 8:00 am"),
    ],
)
def test_picking_a_time(wish: dict[str, str], outcome: str, said: str, clinic: ClinicTools) -> None:
    """By day, part of the day, time, or place in the list that was read aloud; otherwise what comes nearest."""
    result = ask(clinic, "booking_options", **DANA, about="lind", **wish)
    assert result.outcome == outcome
    assert said in result.values["when" if outcome == "ready" else "options"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_tapping_a_time_means_that_time(clinic: ClinicTools, language: str) -> None:
    """What each button of the card says is read as just the time and the doctor that it stands for."""
    slots = load_understanding("clinic", locale=language).slots
    groups = ask(clinic, "booking_options", language, **OMAR, about="checkup").card.groups
    actions = [action for group in groups for action in group.actions]
    assert len(actions) > 10
    for action in actions:
        found = find_slots(action.say, slots, NINE.today())
        picked = ask(clinic, "booking_options", language, **OMAR, about="checkup", **found)
        assert picked.outcome == "ready" and f"{picked.values['with_whom']}" in action.say
        assert action.label.split(",")[0] in picked.values["when"]


def test_an_appointment_is_found_by_what_is_said_of_it(clinic: ClinicTools) -> None:
    """By day, doctor or place in the list; by its own day it is not moved to that day; otherwise it is asked for."""
    assert ask(clinic, "cancel_options", **MARIA).outcome == "which"
    by_doctor = ask(clinic, "cancel_options", **MARIA, doctor="okafor")
    by_place = ask(clinic, "cancel_options", **MARIA, choice="first")
    assert by_doctor == by_place and by_doctor.values["appointment"] == "C1005"
    own_day = ask(clinic, "move_options", **DANA, day="2026-11-19")
    assert own_day.outcome == "choose" and own_day.values["appointment"] == "C1001"


def test_patients_without_appointments(clinic: ClinicTools) -> None:
    """Nothing to tell, move or cancel is said to be so."""
    ask(clinic, "cancel_appointment", **DANA)
    tools = ("my_appointments", "move_options", "cancel_options")
    assert {ask(clinic, tool, **DANA).outcome for tool in tools} == {"no_appointment"}


@pytest.mark.parametrize(
    ("now", "arguments", "outcome", "said"),
    [
        (datetime(2026, 11, 18, 9), {}, "open_now", "6:00 pm"),
        (datetime(2026, 11, 18, 18), {}, "closed_now", "tomorrow at 8:00 am"),
        (datetime(2026, 11, 18, 7), {}, "closed_now", "today at 8:00 am"),
        (datetime(2026, 12, 23, 19), {}, "closed_now", "on Monday, December 28th at 8:00 am"),
        (datetime(2026, 11, 18, 9), {"day": "2026-11-21"}, "open_that_day", "12:00 pm"),
        (datetime(2026, 11, 18, 9), {"day": "2026-12-25"}, "closed_that_day", "on Friday, December 25th"),
    ],
)
def test_opening_hours(now: datetime, arguments: dict[str, str], outcome: str, said: str, clinic_path: Path) -> None:
    """By the clock on the clinic's wall, with its holidays."""
    with closing(ClinicTools(clinic_path, clock_at(now))) as clinic:
        result = ask(clinic, "hours", **arguments)
    assert result.outcome == outcome and said in result.values.values()
