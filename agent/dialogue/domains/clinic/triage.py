"""Where a complaint leads, and whether it has to be a person at once; never what somebody has."""

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

import msgspec
import yaml

from agent.dialogue.domains.clinic.calendar import Doctor
from agent.dialogue.tools import ToolCall, ToolResult
from agent.dialogue.wording import Wording

ANYTHING = "anything"
"""Stands for a complaint that was told in words which are not known."""
GENERAL = "general"
"""Key of the question for a complaint that is not listed."""
FIRST_STOP = "general_practice"
"""Department for one."""
FOR_CHILDREN = "pediatrics"
"""Department for what grown-ups take to the first."""
NO_SIGNS = "no"
"""Value of the slot `warning_signs` that lets a request go on; every other one calls a person."""
LIFE_AT_RISK = "mood"
"""Key of the question after which a person is called with other words."""


class Complaint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    department: str
    question: str | None = None
    """Key of what has to be asked first."""


class Triage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    questions: dict[str, str]
    """About warning signs, to be answered by yes or no."""
    complaints: dict[str, Complaint]


@lru_cache(maxsize=1)
def load_triage() -> Triage:
    """`triage.en.yaml`. Raises `msgspec.ValidationError` for a broken file."""
    text = (files(__package__) / "triage.en.yaml").read_text(encoding="utf-8")
    return msgspec.convert(yaml.safe_load(text), Triage)


def screen(call: ToolCall, doctors: Sequence[Doctor], words: Wording) -> ToolResult | dict[str, str]:
    """The question about warning signs, the person that an answer other than no calls, or, once it is clear that there
    are none, the value of the slot `screened` that says so for this complaint."""
    about = call.arguments.get("about", ANYTHING)
    question = _question(about, doctors)
    clear = f"{about}: {NO_SIGNS}"
    asked, answer = call.arguments.get("screened"), call.arguments.get("warning_signs")
    if question is None or asked == clear or (asked == about and answer == NO_SIGNS):
        return {"screened": clear}
    if asked == about and answer is not None:
        return ToolResult(outcome="life_at_risk" if question == LIFE_AT_RISK else "warning_signs")
    asks = words.phrase(load_triage().questions[question])
    return ToolResult(outcome="screen", values={"question": asks, "screened": about})


def doctors_for(call: ToolCall, doctors: Sequence[Doctor]) -> Sequence[Doctor]:
    """Those who see patients about what the call is `about`: key of a doctor, a department or a complaint, or other
    words; a `child` is seen by those for children where no other doctor or department is needed."""
    about = call.arguments.get("about", ANYTHING)
    named = [doctor for doctor in doctors if about in (doctor.key, doctor.department)]
    if named:
        return named
    complaint = load_triage().complaints.get(about)
    department = FIRST_STOP if complaint is None else complaint.department
    if department == FIRST_STOP and "child" in call.arguments:
        department = FOR_CHILDREN
    return [doctor for doctor in doctors if doctor.department == department]


def triage(call: ToolCall, doctors: Sequence[Doctor], words: Wording) -> ToolResult:
    """`screen`, a person at once, or `see` with the department to go to."""
    screened = screen(call, doctors, words)
    if isinstance(screened, ToolResult):
        return screened
    about = call.arguments.get("about", ANYTHING)
    chosen = doctors_for(call, doctors)
    names = words.listing([words.phrase(doctor.name) for doctor in chosen], "and")
    department = words.phrase(chosen[0].department_name)
    rows = (
        (words.phrase("Department"), department),
        (words.phrase("Doctors"), names),
        (words.phrase("Where"), words.phrase(chosen[0].place)),
    )
    values = {"about": about, "department_name": department, "doctors": names, **screened}
    values |= {"child": call.arguments["child"]} if "child" in call.arguments else {}
    return ToolResult(outcome="see", values=values, rows=rows)


def _question(about: str, doctors: Sequence[Doctor]) -> str | None:
    """Key of what has to be asked before anybody is sent somewhere; nothing where a doctor or department was named."""
    complaint = load_triage().complaints.get(about)
    if complaint is not None:
        return complaint.question
    named = any(about in (doctor.key, doctor.department) for doctor in doctors)
    return None if named else GENERAL
