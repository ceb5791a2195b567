"""The clinic writes what its own patients ask for, once, and one patient a time."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import date
from pathlib import Path

import pytest

from agent.core.errors import StoreError
from agent.dialogue.domains.bank.tools import BankTools
from agent.dialogue.domains.clinic.booking import MOST_AHEAD
from agent.dialogue.domains.clinic.tools import FOR_A_PATIENT, ClinicTools
from agent.dialogue.identity import NO_MATCH
from agent.dialogue.tools import ToolCall, ToolResult
from tests.dialogue.domains.clinic_calls import DANA, FRIDAY_TEN, LEE, MARIA, NINE, OMAR, ask


@pytest.mark.parametrize("tool", sorted(FOR_A_PATIENT))
@pytest.mark.parametrize(
    "who",
    [
        {},
        {"patient_number": "6042178", "birth_date": "1985-05-04"},
        {"patient_number": "6042178", "surname": "Brown"},
        {"patient_number": "' OR '1'='1", "birth_date": "' OR '1'='1"},
    ],
)
def test_nobody_gets_in_with_less(tool: str, who: dict[str, str], clinic: ClinicTools) -> None:
    """Without number and date of birth no tool tells or writes anything, and a name is not enough here."""
    asked = {"about": "lind", "opening": FRIDAY_TEN, "appointment": "C1001", "medicine": "Metoril"}
    assert ask(clinic, tool, **who, **asked) == NO_MATCH


@pytest.mark.parametrize("tool", ["move_options", "move_appointment", "cancel_options", "cancel_appointment"])
def test_appointments_of_others_do_not_exist(tool: str, clinic: ClinicTools) -> None:
    """The number of somebody else's appointment is answered like one that was never given out."""
    theirs = ask(clinic, tool, **DANA, appointment="C1002", opening=FRIDAY_TEN)
    nobodys = ask(clinic, tool, **DANA, appointment="C9999", opening=FRIDAY_TEN)
    assert theirs == nobodys == ToolResult(outcome="no_such_appointment")
    assert ask(clinic, "my_appointments", **LEE).outcome == "listed"


def test_prescriptions_of_others_cannot_be_asked_for(clinic: ClinicTools) -> None:
    """What stands in another record, or in none, is refused in the same words, and nothing is written."""
    theirs = ask(clinic, "request_renewal", **DANA, medicine="Thyroxal 75")
    assert theirs == ask(clinic, "request_renewal", **DANA, medicine="morphine") == ToolResult(outcome="not_prescribed")
    assert ask(clinic, "request_renewal", **LEE, medicine="Thyroxal").values["request"] == "P4001"


def at_once(clinic_path: Path, calls: list[ToolCall]) -> list[ToolResult]:
    """What comes of calls that are made at the same moment by as many processes' worth of tools."""
    with ExitStack() as stack:
        all_tools = [stack.enter_context(closing(ClinicTools(clinic_path, NINE))) for _ in calls]
        with ThreadPoolExecutor(len(calls)) as threads:
            return list(threads.map(lambda pair: pair[0].run(pair[1]), zip(all_tools, calls, strict=True)))


def test_one_time_is_booked_by_one_patient(clinic_path: Path) -> None:
    """Of four who say yes at the same moment one has it; the others hear what else is free."""
    wanted = {"about": "lind", "opening": FRIDAY_TEN}
    calls = [
        ToolCall(name="book_appointment", customer="guest", arguments=who | wanted) for who in (DANA, LEE, MARIA, OMAR)
    ]
    results = at_once(clinic_path, calls)
    assert sorted(result.outcome for result in results) == ["booked", "taken", "taken", "taken"]
    assert all(FRIDAY_TEN not in result.values["offered"] for result in results if result.outcome == "taken")


@pytest.mark.parametrize(
    ("tool", "arguments", "outcome"),
    [
        ("book_appointment", {"about": "lind", "opening": FRIDAY_TEN}, "booked"),
        ("move_appointment", {"appointment": "C1001", "opening": "novak 2026-11-24T15:20Z"}, "moved"),
        ("cancel_appointment", {"appointment": "C1001"}, "cancelled"),
    ],
)
def test_the_same_twice_is_done_once(tool: str, arguments: dict[str, str], outcome: str, clinic_path: Path) -> None:
    """Asked four times at the same moment and once more, each answer is the same and the calendar has it once."""
    call = ToolCall(name=tool, customer="guest", arguments=DANA | arguments)
    results = at_once(clinic_path, [call] * 4) + at_once(clinic_path, [call])
    assert {(result.outcome, result.values["appointment"], result.values["when"]) for result in results} == {
        (outcome, results[0].values["appointment"], results[0].values["when"])
    }
    with closing(ClinicTools(clinic_path, NINE)) as clinic:
        rest = {"booked": 2, "moved": 1, "cancelled": 0}[outcome]
        assert len(ask(clinic, "my_appointments", **DANA).card.items) == rest


def test_a_request_for_a_prescription_waits_once(clinic: ClinicTools) -> None:
    """Who asks again while nobody has dealt with it gets the same number."""
    first = ask(clinic, "request_renewal", **DANA, medicine="Metoril")
    again = ask(clinic, "request_renewal", **DANA, medicine="the Metoril 50, please")
    assert (first.outcome, again.outcome) == ("requested", "asked_already")
    assert first.values["request"] == again.values["request"]


def test_what_is_given_up_is_free_for_others(clinic: ClinicTools) -> None:
    """A time that was cancelled, and one that was moved away from, can be booked by somebody else."""
    tomorrow = "novak 2026-11-19T15:20Z"
    assert ask(clinic, "book_appointment", **OMAR, about="novak", opening=tomorrow).outcome == "taken"
    ask(clinic, "move_appointment", **DANA, appointment="C1001", opening="novak 2026-11-24T15:20Z")
    assert ask(clinic, "book_appointment", **OMAR, about="novak", opening=tomorrow).outcome == "booked"
    ask(clinic, "cancel_appointment", **OMAR, appointment="C1006")
    assert ask(clinic, "book_appointment", **LEE, about="novak", opening=tomorrow).outcome == "booked"


def test_nobody_is_booked_at_two_places(clinic: ClinicTools) -> None:
    """Also where the times meet in part only; and nobody fills the calendar alone."""
    assert ask(clinic, "book_appointment", **DANA, about="hart", opening="hart 2026-11-20T15:00Z").outcome == "booked"
    assert ask(clinic, "book_appointment", **DANA, about="lind", opening="lind 2026-11-20T15:20Z").outcome == "clash"
    for number in range(MOST_AHEAD - 2):
        opening = f"reyes 2026-11-2{3 + 2 * number}T14:00Z"
        assert ask(clinic, "book_appointment", **DANA, about="reyes", opening=opening).outcome == "booked"
    assert ask(clinic, "book_appointment", **DANA, about="lind", opening="lind 2026-11-30T15:00Z").outcome == "too_many"


@pytest.mark.parametrize(
    "opening",
    [
        "lind 2026-11-17T15:00Z",
        "lind 2026-11-18T14:20Z",
        "lind 2026-11-20T15:07Z",
        "lind 2026-11-22T15:00Z",
        "lind 2027-02-19T15:00Z",
        "lind 2026-12-25T15:00Z",
    ],
    ids=["gone by", "in a moment", "off the grid", "a Sunday", "too far ahead", "a holiday"],
)
def test_times_that_cannot_be_booked(opening: str, clinic: ClinicTools) -> None:
    """A reference that was made up books nothing, whoever made it up."""
    assert ask(clinic, "book_appointment", **DANA, about="lind", opening=opening).outcome == "taken"
    assert len(ask(clinic, "my_appointments", **DANA).card.items) == 1


@pytest.mark.parametrize("opening", ["", "lind", "nobody 2026-11-20T15:00Z", "lind 2026-99-99T15:00Z"])
def test_references_of_nothing(opening: str, clinic: ClinicTools) -> None:
    """What is no reference leads back to the free times."""
    assert ask(clinic, "book_appointment", **DANA, about="lind", opening=opening).outcome == "choose"


def test_unknown_tool_and_files(clinic_path: Path, clinic: ClinicTools, tmp_path: Path) -> None:
    """An unknown tool fails, a bank's file takes the clinic's tables beside its own, and a folder is no file."""
    assert ask(clinic, "prescribe").outcome == "failed"
    BankTools(tmp_path / "bank.sqlite3", today=lambda: date(2026, 11, 18)).close()
    with closing(ClinicTools(tmp_path / "bank.sqlite3", NINE)) as both:
        assert ask(both, "my_appointments", **DANA).outcome == "listed"
    (tmp_path / "other").mkdir()
    with pytest.raises(StoreError, match="the clinic's database .*other"):
        ClinicTools(tmp_path / "other", NINE)


def test_moments_are_kept_in_utc(clinic_path: Path, clinic: ClinicTools) -> None:
    """Ten in the morning in New York is three in the afternoon in the file, and ten again when it is told."""
    ask(clinic, "book_appointment", **DANA, about="lind", opening=FRIDAY_TEN)
    with closing(sqlite3.connect(clinic_path)) as file:
        query = "SELECT starts_at FROM appointments WHERE number = 1006"
        assert file.execute(query).fetchone() == ("2026-11-20 15:00:00.000000",)
    told = ask(clinic, "my_appointments", **DANA).values["appointments"]
    assert "on Friday, November 20th at 10:00 am with Dr. Lind" in told
