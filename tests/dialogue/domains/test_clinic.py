"""The clinic's own part: who may see and write what, one patient a time, a person in doubt, and never a diagnosis."""

import re
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core.clock import NS_PER_S, FakeClock
from agent.core.errors import SettingsError, StoreError
from agent.core.local_clock import LocalClock
from agent.dialogue.domain import load_domain
from agent.dialogue.domains.bank.tools import BankTools
from agent.dialogue.domains.clinic.booking import MOST_AHEAD
from agent.dialogue.domains.clinic.calendar import AHEAD_DAYS, NOTICE, Doctor, load_doctors, openings
from agent.dialogue.domains.clinic.database import open_database
from agent.dialogue.domains.clinic.tools import FOR_A_PATIENT, ClinicTools
from agent.dialogue.domains.clinic.triage import NO_SIGNS, doctors_for, load_triage, screen
from agent.dialogue.glossary import load_glossary
from agent.dialogue.identity import NO_MATCH
from agent.dialogue.tools import ToolCall, ToolResult
from agent.dialogue.understanding import load_understanding
from agent.dialogue.wording import wording
from agent.perception.slots import find_slots

PACK = "agent.dialogue.domains.clinic"
PLACE = ZoneInfo("America/New_York")
DANA = {"patient_number": "6042178", "birth_date": "1985-05-03"}
LEE = {"patient_number": "6042581", "birth_date": "1972-11-20"}
MARIA = {"patient_number": "6043309", "birth_date": "1990-02-14"}
OMAR = {"patient_number": "6048874", "birth_date": "1968-08-30"}
FRIDAY_TEN = "lind 2026-11-20T15:00Z"
OFFERED = f"lind 2026-11-20T13:00Z, {FRIDAY_TEN}"


def clock_at(local: datetime) -> LocalClock:
    return LocalClock(FakeClock(unix_ns=int(local.replace(tzinfo=PLACE).timestamp()) * NS_PER_S), PLACE)


NINE = clock_at(datetime(2026, 11, 18, 9))
"""A Wednesday."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "clinic.sqlite3"


@pytest.fixture
def clinic(path: Path) -> Iterator[ClinicTools]:
    with closing(ClinicTools(path, NINE)) as tools:
        yield tools


def ask(clinic: ClinicTools, tool: str, **arguments: str) -> ToolResult:
    return clinic.run(ToolCall(name=tool, customer="guest", arguments=arguments))


# ---- who ------------------------------------------------------------------------------------------------------------


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


# ---- one patient a time ---------------------------------------------------------------------------------------------


def at_once(path: Path, calls: list[ToolCall]) -> list[ToolResult]:
    """What comes of calls that are made at the same moment by as many processes' worth of tools."""
    with ExitStack() as stack:
        all_tools = [stack.enter_context(closing(ClinicTools(path, NINE))) for _ in calls]
        with ThreadPoolExecutor(len(calls)) as threads:
            return list(threads.map(lambda pair: pair[0].run(pair[1]), zip(all_tools, calls, strict=True)))


def test_one_time_is_booked_by_one_patient(path: Path) -> None:
    """Of four who say yes at the same moment one has it; the others hear what else is free."""
    wanted = {"about": "lind", "opening": FRIDAY_TEN}
    calls = [
        ToolCall(name="book_appointment", customer="guest", arguments=who | wanted) for who in (DANA, LEE, MARIA, OMAR)
    ]
    results = at_once(path, calls)
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
def test_the_same_twice_is_done_once(tool: str, arguments: dict[str, str], outcome: str, path: Path) -> None:
    """Asked four times at the same moment and once more, each answer is the same and the calendar has it once."""
    call = ToolCall(name=tool, customer="guest", arguments=DANA | arguments)
    results = at_once(path, [call] * 4) + at_once(path, [call])
    assert {(result.outcome, result.values["appointment"], result.values["when"]) for result in results} == {
        (outcome, results[0].values["appointment"], results[0].values["when"])
    }
    with closing(ClinicTools(path, NINE)) as clinic:
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


# ---- calendars ------------------------------------------------------------------------------------------------------


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


def test_tapping_a_time_means_that_time(clinic: ClinicTools) -> None:
    """What each button of the card says is read as just the time and the doctor that it stands for."""
    slots = load_understanding("clinic").slots
    groups = ask(clinic, "booking_options", **OMAR, about="checkup").card.groups
    actions = [action for group in groups for action in group.actions]
    assert len(actions) > 10
    for action in actions:
        found = find_slots(action.say, slots, NINE.today())
        picked = ask(clinic, "booking_options", **OMAR, about="checkup", **found)
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
def test_opening_hours(now: datetime, arguments: dict[str, str], outcome: str, said: str, path: Path) -> None:
    """By the clock on the clinic's wall, with its holidays."""
    with closing(ClinicTools(path, clock_at(now))) as clinic:
        result = ask(clinic, "hours", **arguments)
    assert result.outcome == outcome and said in result.values.values()


# ---- in doubt a person, and never a diagnosis -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def doctors(tmp_path_factory: pytest.TempPathFactory) -> tuple[Doctor, ...]:
    engine = open_database(tmp_path_factory.mktemp("d") / "clinic.sqlite3", NINE)
    with engine.begin() as connection:
        found = load_doctors(connection)
    engine.dispose()
    return found


def about_it(about: str, **arguments: str) -> ToolCall:
    return ToolCall(name="triage", customer="guest", arguments={"about": about} | arguments)


@pytest.mark.parametrize("about", [*(key for key, one in load_triage().complaints.items() if one.question), "my toe"])
@pytest.mark.parametrize("answer", ["yes", "unsure", "no, or well yes", ""])
def test_only_a_no_lets_a_complaint_go_on(about: str, answer: str, doctors: tuple[Doctor, ...]) -> None:
    """Every complaint with a question is asked about first, once; any other answer than no calls a person."""

    def asked(**arguments: str) -> ToolResult | dict[str, str]:
        return screen(about_it(about, **arguments), doctors, wording(PACK, "en"))

    first = asked()
    assert isinstance(first, ToolResult) and first.outcome == "screen" and first.values["question"].endswith("?")
    answered = asked(screened=first.values["screened"], warning_signs=answer)
    assert isinstance(answered, ToolResult) and answered.outcome in ("warning_signs", "life_at_risk")
    cleared = asked(screened=first.values["screened"], warning_signs=NO_SIGNS)
    assert not isinstance(cleared, ToolResult) and asked(**cleared) == cleared
    other = asked(screened="something else: no", warning_signs=NO_SIGNS)
    assert isinstance(other, ToolResult) and other.outcome == "screen"


def test_every_complaint_leads_to_somebody(doctors: tuple[Doctor, ...]) -> None:
    """What is listened for is what triage knows, every question is asked of some complaint, and doctors are there."""
    triage, slots = load_triage(), load_understanding("clinic").slots
    assert slots["complaint"].words.keys() == triage.complaints.keys()
    asked = {one.question for one in triage.complaints.values() if one.question is not None}
    assert asked | {"general"} == triage.questions.keys()
    for about in [*slots["department"].words, *slots["doctor"].words, *slots["child"].words]:
        assert all(about in (doctor.key, doctor.department) for doctor in doctors_for(about_it(about), doctors))
    for key, complaint in triage.complaints.items():
        assert {doctor.department for doctor in doctors_for(about_it(key), doctors)} == {complaint.department}
    assert {doctor.department for doctor in doctors_for(about_it("my toe"), doctors)} == {"general_practice"}


def test_children_see_the_doctor_for_children(doctors: tuple[Doctor, ...]) -> None:
    """With what their parents would take to a general practitioner, and with a rash to the skin clinic like anybody."""
    complaints = ("cough", "my toe", "rash", "lind")
    found = {key: doctors_for(about_it(key, child="pediatrics"), doctors) for key in complaints}
    assert {key: {doctor.department for doctor in seen} for key, seen in found.items()} == {
        "cough": {"pediatrics"},
        "my toe": {"pediatrics"},
        "rash": {"dermatology"},
        "lind": {"general_practice"},
    }


@pytest.mark.parametrize(
    "said",
    [
        "I have chest pain",
        "there's a sharp pain in my chest",
        "I can’t breathe",
        "my mum is short of breath",
        "his face is drooping",
        "she can't lift her arm",
        "it won't stop bleeding",
        "my lips are swelling",
        "I think it's an allergic reaction",
        "my son has a fever and a very stiff neck",
        "he fainted",
        "no fever, but he has trouble breathing",
        "I'm not sure, maybe it's a stroke",
        "he is not responding",
    ],
)
def test_signs_of_an_emergency_are_found(said: str) -> None:
    """Without any model, also where the line denies something else."""
    assert "danger" in find_slots(said, load_understanding("clinic").slots, NINE.today())


@pytest.mark.parametrize("said", ["I want to die", "I don't want to live any more", "she talks about suicide"])
def test_lives_at_risk_are_found(said: str) -> None:
    """Also where the words are a no themselves."""
    assert "life_at_risk" in find_slots(said, load_understanding("clinic").slots, NINE.today())


@pytest.mark.parametrize(
    "said",
    [
        "no chest pain and no trouble breathing",
        "I need a flu shot",
        "I have a stiff neck from the computer",
        "my wrist is swollen",
        "I hurt myself playing football",
        "it's not an emergency",
        "I don't want to die of boredom in the waiting room",
    ],
)
def test_no_alarm_without_a_reason(said: str) -> None:
    """What is denied, and what only sounds alike."""
    assert not {"danger", "life_at_risk"} & find_slots(said, load_understanding("clinic").slots, NINE.today()).keys()


DIAGNOSES = re.compile(
    r"\byou (?:(?:probably|may|might|could|must|seem to|already) )?(?:have|suffer)\b|sounds? like|looks? like|diagnos"
    r"|\bit(?:'s| is) (?:probably|likely|just|only|nothing)|nothing serious|harmless|don't worry|you should take"
    r"|\btake (?:some|an?|two)\b|infection|virus|migraine|cancer|tumou?r|\bflu\b|allergy|fracture",
    re.IGNORECASE,
)
HARMLESS = re.compile(
    r"[^.]*\?|you (?:already )?have (?:an|no|several) appointments?|lets you have a medicine again|if you have one",
    re.IGNORECASE,
)
"""Questions, and what one has without being ill."""


def test_no_line_says_what_somebody_has() -> None:
    """No sentence of the pack names an illness as the caller's, plays one down or tells what to take, in any mood."""
    for text in (
        "You have an ulcer.",
        "It sounds like that.",
        "You might have a fever.",
        "Take two tablets.",
        "A virus.",
    ):
        assert DIAGNOSES.search(HARMLESS.sub("", text)), text
    lines = load_domain("clinic").lines.values()
    said = [wording for line in lines for wording in (line.text, line.calm) if wording]
    told = [*said, *load_triage().questions.values(), *(term.means for term in load_glossary(PACK).values())]
    assert [text for text in told if DIAGNOSES.search(HARMLESS.sub("", text))] == []
    assert not load_domain("clinic").flows.language_model


DIAGNOSES_IN_CHINESE = re.compile(
    "您(?:可能|应该|大概)?(?:得了|患了|患有|是得)|别担心|不要紧|不严重|没什么大碍|服用|吃点|吃药就"
)


def test_no_line_in_another_language_does_either() -> None:
    """In Chinese, too, nobody is told what they have; and every line that names the number to call does so."""
    domain = load_domain("clinic")
    lines, questions = (
        domain.translations["zh"],
        [domain.phrase(text, "zh") for text in load_triage().questions.values()],
    )
    said = [wording for line in lines.values() for wording in (line.text, line.calm) if wording]
    assert [text for text in [*said, *questions] if DIAGNOSES_IN_CHINESE.search(text)] == []
    assert DIAGNOSES_IN_CHINESE.search("您可能得了流感，不要紧。")
    assert not set(questions) & set(load_triage().questions.values())
    number = domain.flows.facts["emergency_number"]
    naming = [name for name, line in domain.lines.items() if number in line.text]
    assert len(naming) > 5 and all(number in lines[name].text for name in naming)


def test_glossary_is_what_is_listened_for() -> None:
    """Every term of the glossary is found in what customers say, in the same words."""
    heard = load_understanding("clinic").slots["term"].words
    assert heard == {key: term.said for key, term in load_glossary(PACK).items()}


def test_what_customers_see_of_flows_is_translated() -> None:
    """Departments, places and what to bring are said in Chinese as well."""
    words = wording(PACK, "zh")
    names = ("Skin clinic", "Bone clinic", "ground floor", "your glasses or contact lenses", "Before we go on")
    assert all(words.phrase(name) != name for name in names)


def test_emergency_number_is_the_one_of_the_place() -> None:
    """It is set where the clinic is, stands in every line that needs it, and one that is misspelt is refused."""
    lines = load_domain("clinic", facts={"emergency_number": "112"}).lines
    assert all("{emergency_number}" not in f"{line.text}{line.calm}" for line in lines.values())
    assert all("112" in text for text in (lines["emergency_advice"].text, lines["emergency_advice"].calm or ""))
    assert lines["emergency_advice"].text in load_domain("clinic", facts={"emergency_number": "112"}).fixed_lines
    with pytest.raises(SettingsError, match="no fact 'emergency_nmuber'"):
        load_domain("clinic", facts={"emergency_nmuber": "112"})


# ---- the file -------------------------------------------------------------------------------------------------------


def test_unknown_tool_and_file_of_another_business(path: Path, clinic: ClinicTools, tmp_path: Path) -> None:
    """An unknown tool fails without a fault, and a bank's file is left alone."""
    assert ask(clinic, "prescribe").outcome == "failed"
    BankTools(tmp_path / "bank.sqlite3", today=lambda: date(2026, 11, 18)).close()
    with closing(ClinicTools(tmp_path / "bank.sqlite3", NINE)) as both:
        assert ask(both, "my_appointments", **DANA).outcome == "listed"
    (tmp_path / "other").mkdir()
    with pytest.raises(StoreError, match="the clinic's database .*other"):
        ClinicTools(tmp_path / "other", NINE)


def test_moments_are_kept_in_utc(path: Path, clinic: ClinicTools) -> None:
    """Ten in the morning in New York is three in the afternoon in the file, and ten again when it is told."""
    ask(clinic, "book_appointment", **DANA, about="lind", opening=FRIDAY_TEN)
    with closing(sqlite3.connect(path)) as file:
        query = "SELECT starts_at FROM appointments WHERE number = 1006"
        assert file.execute(query).fetchone() == ("2026-11-20 15:00:00.000000",)
    told = ask(clinic, "my_appointments", **DANA).values["appointments"]
    assert "on Friday, November 20th at 10:00 am with Dr. Lind" in told
