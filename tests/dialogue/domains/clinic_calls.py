"""A clinic on a Wednesday morning in New York, and its patients."""

from datetime import datetime
from zoneinfo import ZoneInfo

from agent.core.clock import NS_PER_S, FakeClock
from agent.core.local_clock import LocalClock
from agent.dialogue.domains.clinic.tools import ClinicTools
from agent.dialogue.tools import ToolCall, ToolResult

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


def ask(clinic: ClinicTools, tool: str, language: str = "en", /, **arguments: str) -> ToolResult:
    return clinic.run(ToolCall(name=tool, customer="guest", arguments=arguments, language=language))
