"""Passes on that a patient needs a prescription anew; whether it is written, a doctor decides."""

import re
from datetime import timedelta

from sqlalchemy import Connection, insert, select

from agent.core.cards import CardContent
from agent.core.local_clock import LocalClock
from agent.dialogue.business import next_number
from agent.dialogue.domains.clinic.tables import prescriptions, renewal_requests
from agent.dialogue.tools import ToolCall, ToolResult
from agent.dialogue.wording import wording

FIRST_REQUEST_NUMBER = 4_001
TAKES_DAYS = 3


def renewal_options(connection: Connection, patient: int, call: ToolCall, clock: LocalClock) -> ToolResult:
    """`ready` once one medicine of the patient's is meant, `which_medicine` between several, `asked_already`, or
    `not_prescribed` for what does not stand in their record, whatever it is."""
    words = wording(__package__, call.language)
    own = connection.execute(
        select(prescriptions).where(prescriptions.c.patient_id == patient).order_by(prescriptions.c.id)
    ).all()
    said = set(re.findall(r"\w+", call.arguments.get("medicine", "").lower()))
    fits = [row for row in own if row.medicine.lower().split()[0] in said] if said else own
    if not fits:
        return ToolResult(outcome="not_prescribed")
    if len(fits) > 1 or not said:
        options = words.listing([row.medicine for row in fits], "or")
        return ToolResult(outcome="which_medicine", values={"options": options})
    waiting = connection.execute(
        select(renewal_requests.c.number).where(
            renewal_requests.c.prescription_id == fits[0].id, renewal_requests.c.handled_on.is_(None)
        )
    ).scalar_one_or_none()
    if waiting is not None:
        return _slip("asked_already", fits[0].medicine, waiting, call, clock)
    rows = ((words.phrase("Medicine"), fits[0].medicine),)
    return ToolResult(outcome="ready", values={"medicine": fits[0].medicine}, rows=rows)


def request_renewal(connection: Connection, patient: int, call: ToolCall, clock: LocalClock) -> ToolResult:
    """`requested` for a person to decide; who asks twice has asked once."""
    options = renewal_options(connection, patient, call, clock)
    if options.outcome != "ready":
        return options
    medicine = options.values["medicine"]
    prescription = connection.scalar(
        select(prescriptions.c.id).where(prescriptions.c.patient_id == patient, prescriptions.c.medicine == medicine)
    )
    number = next_number(connection, renewal_requests.c.number, FIRST_REQUEST_NUMBER)
    row = {"number": number, "prescription_id": prescription, "requested_on": clock.today()}
    connection.execute(insert(renewal_requests).values(row))
    return _slip("requested", medicine, number, call, clock)


def _slip(outcome: str, medicine: str, number: int, call: ToolCall, clock: LocalClock) -> ToolResult:
    words = wording(__package__, call.language)
    answer_by = words.on_day(clock.today() + timedelta(days=TAKES_DAYS), clock.today())
    values = {"medicine": medicine, "request": f"P{number}", "answer_by": answer_by}
    rows = ((words.phrase("Medicine"), medicine), (words.phrase("Answer"), answer_by))
    return ToolResult(outcome=outcome, values=values, rows=rows, card=CardContent(reference=f"P{number}"))
