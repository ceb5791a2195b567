"""What the clinic can look up and write, each in one transaction, and each the same when asked twice."""

import logging
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection

from agent.core.local_clock import LocalClock
from agent.dialogue.business import in_transaction
from agent.dialogue.domains.clinic import practice
from agent.dialogue.domains.clinic.booking import book_appointment, booking_options
from agent.dialogue.domains.clinic.calendar import load_doctors
from agent.dialogue.domains.clinic.changing import (
    cancel_appointment,
    cancel_options,
    move_appointment,
    move_options,
    my_appointments,
)
from agent.dialogue.domains.clinic.database import open_database
from agent.dialogue.domains.clinic.renewals import renewal_options, request_renewal
from agent.dialogue.domains.clinic.tables import patients
from agent.dialogue.domains.clinic.triage import triage
from agent.dialogue.glossary import explain_term, load_glossary
from agent.dialogue.identity import proven
from agent.dialogue.tools import FAILED, ToolCall, ToolResult
from agent.dialogue.wording import wording

log = logging.getLogger(__name__)

PatientTool = Callable[[Connection, int, ToolCall, LocalClock], ToolResult]
OpenTool = Callable[[Connection, ToolCall, LocalClock], ToolResult]


def _triage(connection: Connection, call: ToolCall, clock: LocalClock) -> ToolResult:
    return triage(call, load_doctors(connection), wording(__package__, call.language))


def _explain_term(connection: Connection, call: ToolCall, clock: LocalClock) -> ToolResult:
    return explain_term(load_glossary(__package__, call.language), call)


FOR_A_PATIENT: dict[str, PatientTool] = {
    "booking_options": booking_options,
    "book_appointment": book_appointment,
    "my_appointments": my_appointments,
    "move_options": move_options,
    "move_appointment": move_appointment,
    "cancel_options": cancel_options,
    "cancel_appointment": cancel_appointment,
    "renewal_options": renewal_options,
    "request_renewal": request_renewal,
}
"""For whoever gives a patient's number and date of birth, which is checked in the tool's transaction, every time."""
FOR_ANYBODY: dict[str, OpenTool] = {
    "triage": _triage,
    "hours": practice.hours,
    "departments": practice.departments,
    "to_bring": practice.to_bring,
    "explain_term": _explain_term,
}


class ClinicTools:
    """The tools of `FOR_A_PATIENT` and `FOR_ANYBODY` on one database."""

    def __init__(self, database: Path, clock: LocalClock) -> None:
        """`clock` says what time it is in the clinic. Raises `StoreError` when the file cannot be used."""
        self._clock = clock
        self._engine = open_database(database, clock)

    def run(self, call: ToolCall) -> ToolResult:
        """One tool in one transaction. `failed` when the tool is unknown or the database does not answer."""
        if call.name not in FOR_A_PATIENT.keys() | FOR_ANYBODY.keys():
            log.error("the clinic has no tool %s", call.name)
            return FAILED
        return in_transaction(self._engine, call, lambda connection: self._answer(connection, call))

    def _answer(self, connection: Connection, call: ToolCall) -> ToolResult:
        if call.name in FOR_ANYBODY:
            return FOR_ANYBODY[call.name](connection, call, self._clock)
        who = proven(connection, patients, call, self._clock.today(), number="patient_number")
        return who if isinstance(who, ToolResult) else FOR_A_PATIENT[call.name](connection, who, call, self._clock)

    def close(self) -> None:
        self._engine.dispose()
