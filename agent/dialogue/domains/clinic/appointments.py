"""What stands in the calendars, and what is written there; each only for the patient whose it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, insert, select, update

from agent.core.cards import CardContent
from agent.core.local_clock import LocalClock
from agent.dialogue.business import next_number
from agent.dialogue.domains.clinic.calendar import Doctor, Opening, load_doctors, openings
from agent.dialogue.domains.clinic.database import FIRST_APPOINTMENT_NUMBER
from agent.dialogue.domains.clinic.tables import appointments
from agent.dialogue.domains.clinic.times import spoken_time
from agent.dialogue.tools import ToolResult
from agent.dialogue.wording import Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    number: int
    doctor: Doctor
    starts_at: datetime
    """In UTC, as `ends_at`."""
    ends_at: datetime
    cancelled: bool

    @property
    def name(self) -> str:
        """As patients are told it."""
        return f"C{self.number}"

    def fills(self, opening: Opening) -> bool:
        """True when it is what the opening would become."""
        same = (self.doctor.key, self.starts_at) == (opening.doctor.key, opening.starts_at)
        return same and not self.cancelled


def of_patient(connection: Connection, patient: int) -> list[Appointment]:
    """All that the patient ever had, by time."""
    doctors = {doctor.key: doctor for doctor in load_doctors(connection)}
    rows = connection.execute(
        select(appointments).where(appointments.c.patient_id == patient).order_by(appointments.c.starts_at)
    )
    return [_appointment(row, doctors[row.doctor]) for row in rows]


def ahead(connection: Connection, patient: int, clock: LocalClock) -> list[Appointment]:
    """Those that stand and have not begun."""
    now = clock.now()
    return [one for one in of_patient(connection, patient) if not one.cancelled and one.starts_at > now]


def opening_of(reference: str, doctors: Sequence[Doctor]) -> Opening | None:
    """What `Opening.reference` was of; None for anything else. It need not be free."""
    key, _, moment = reference.partition(" ")
    doctor = next((doctor for doctor in doctors if doctor.key == key), None)
    try:
        starts_at = datetime.strptime(moment, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return None if doctor is None else Opening(doctor=doctor, starts_at=starts_at)


def is_free(connection: Connection, opening: Opening, clock: LocalClock) -> bool:
    day = clock.local(opening.starts_at).date()
    return opening in openings(connection, [opening.doctor], clock, day)


def clashing(own: Sequence[Appointment], opening: Opening) -> Appointment | None:
    """The first of `own` that the patient would have to miss."""
    return next((one for one in own if one.starts_at < opening.ends_at and opening.starts_at < one.ends_at), None)


def write_booking(connection: Connection, patient: int, opening: Opening, clock: LocalClock) -> Appointment:
    number = next_number(connection, appointments.c.number, FIRST_APPOINTMENT_NUMBER)
    row = {"number": number, "patient_id": patient, "booked_at": _stored(clock.now())} | _times(opening)
    connection.execute(insert(appointments).values(row))
    return _numbered(connection, patient, number)


def write_move(connection: Connection, patient: int, moved: Appointment, opening: Opening) -> Appointment:
    changed = update(appointments).where(appointments.c.number == moved.number, appointments.c.patient_id == patient)
    connection.execute(changed.values(_times(opening)))
    return _numbered(connection, patient, moved.number)


def write_cancellation(connection: Connection, patient: int, given_up: Appointment, clock: LocalClock) -> None:
    changed = update(appointments).where(appointments.c.number == given_up.number, appointments.c.patient_id == patient)
    connection.execute(changed.values(cancelled_at=_stored(clock.now())))


def receipt(outcome: str, told: Appointment, clock: LocalClock, words: Wording) -> ToolResult:
    """`outcome` with everything that a patient has to know about an appointment."""
    when = spoken_time(told.starts_at, clock, words)
    doctor = told.doctor
    rows = (
        (words.phrase("When"), f"{words.day(clock.local(told.starts_at).date())}, {_clock(told, clock, words)}"),
        (words.phrase("With"), words.phrase(doctor.name)),
        (words.phrase("Where"), f"{words.phrase(doctor.department_name)}, {words.phrase(doctor.place)}"),
        (words.phrase("Please bring"), words.phrase(doctor.bring)),
    )
    values = {
        "appointment": told.name,
        "when": when,
        "with_whom": words.phrase(doctor.name),
        "place": words.phrase(doctor.place),
        "bring": words.phrase(doctor.bring),
    }
    return ToolResult(outcome=outcome, values=values, rows=rows, card=CardContent(reference=told.name))


def _clock(told: Appointment, clock: LocalClock, words: Wording) -> str:
    return words.time(clock.local(told.starts_at).time())


def _numbered(connection: Connection, patient: int, number: int) -> Appointment:
    return next(one for one in of_patient(connection, patient) if one.number == number)


def _appointment(row: Row[tuple[object, ...]], doctor: Doctor) -> Appointment:
    return Appointment(
        number=row.number,
        doctor=doctor,
        starts_at=row.starts_at.replace(tzinfo=UTC),
        ends_at=row.ends_at.replace(tzinfo=UTC),
        cancelled=row.cancelled_at is not None,
    )


def _times(opening: Opening) -> dict[str, object]:
    starts_at, ends_at = _stored(opening.starts_at), _stored(opening.ends_at)
    return {"doctor": opening.doctor.key, "starts_at": starts_at, "ends_at": ends_at}


def _stored(moment: datetime) -> datetime:
    """As the database keeps moments: in UTC, unmarked, to the second."""
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)
