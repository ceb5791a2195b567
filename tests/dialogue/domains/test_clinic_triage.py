"""In doubt a person, at once where it is grave, and never a diagnosis."""

import re

import pytest

from agent.core.errors import SettingsError
from agent.dialogue.domain import load_domain
from agent.dialogue.domains.clinic.calendar import Doctor, load_doctors
from agent.dialogue.domains.clinic.database import open_database
from agent.dialogue.domains.clinic.triage import NO_SIGNS, doctors_for, load_triage, screen
from agent.dialogue.faq import load_articles
from agent.dialogue.glossary import load_glossary
from agent.dialogue.tools import ToolCall, ToolResult
from agent.dialogue.understanding import load_understanding
from agent.dialogue.wording import wording
from agent.perception.slots import find_slots
from tests.dialogue.domains.clinic_calls import NINE

PACK = "agent.dialogue.domains.clinic"


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
    r"[^.]*\?|you (?:may )?have to|you (?:already )?have (?:an|no|several) appointments?"
    r"|lets you have a medicine again|if you have one",
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
    pages = [article.answer for article in load_articles("clinic", "en")]
    told = [*said, *pages, *load_triage().questions.values(), *(term.means for term in load_glossary(PACK).values())]
    assert pages and [text for text in told if DIAGNOSES.search(HARMLESS.sub("", text))] == []
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
