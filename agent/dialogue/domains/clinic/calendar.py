"""When doctors are free: their hours of the week, less holidays and what is booked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Connection, select

from agent.core.local_clock import LocalClock
from agent.dialogue.domains.clinic.tables import appointments, closures, departments, doctors, working_hours

AHEAD_DAYS = 60
"""Nobody is booked later than this."""
NOTICE = timedelta(minutes=30)
"""Nobody is booked sooner than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doctor:
    key: str
    name: str
    department: str
    """Its key."""
    department_name: str
    place: str
    bring: str
    minutes: int
    """That a patient is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A time at which one patient could come."""

    doctor: Doctor
    starts_at: datetime
    """In UTC."""

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.doctor.minutes)

    @property
    def reference(self) -> str:
        return f"{self.doctor.key} {self.starts_at:%Y-%m-%dT%H:%MZ}"


def load_doctors(connection: Connection) -> tuple[Doctor, ...]:
    """All doctors with their departments, in the order in which they were entered."""
    rows = connection.execute(
        select(
            doctors.c.key,
            doctors.c.name,
            doctors.c.department,
            doctors.c.minutes,
            departments.c.name.label("department_name"),
            departments.c.place,
            departments.c.bring,
        )
        .select_from(doctors.join(departments))
        .order_by(departments.c.key != "general_practice", departments.c.key, doctors.c.key)
    )
    return tuple(Doctor(**row._mapping) for row in rows)


def openings(connection: Connection, chosen: Sequence[Doctor], clock: LocalClock, first: date) -> list[Opening]:
    """What the `chosen` doctors have free from the day `first` on, by time, and at one time in the order of `chosen`.

    Not what begins within `NOTICE` or later than `AHEAD_DAYS` from today.
    """
    now, today = clock.now(), clock.today()
    first = max(first, today)
    days = [first + timedelta(days=ahead) for ahead in range((today - first).days + AHEAD_DAYS + 1)]
    shut = set(connection.scalars(select(closures.c.day)))
    taken = _taken(connection, chosen)
    hours = _hours(connection)
    free = [
        opening
        for doctor in chosen
        for day in days
        if day not in shut
        for begins, ends in hours.get((doctor.key, day.weekday()), ())
        for opening in _cut(doctor, clock, day, begins, ends)
        if opening.starts_at >= now + NOTICE and not _meets(opening, taken.get(doctor.key, ()))
    ]
    return sorted(free, key=lambda opening: opening.starts_at)


def _cut(doctor: Doctor, clock: LocalClock, day: date, begins: time, ends: time) -> Iterator[Opening]:
    """Hours cut into times for one patient each."""
    opening = Opening(doctor=doctor, starts_at=clock.moment(day, begins))
    last = clock.moment(day, ends)
    while opening.ends_at <= last:
        yield opening
        opening = Opening(doctor=doctor, starts_at=opening.ends_at)


def _hours(connection: Connection) -> dict[tuple[str, int], list[tuple[time, time]]]:
    """Begin and end of work by doctor and weekday."""
    found: dict[tuple[str, int], list[tuple[time, time]]] = {}
    for row in connection.execute(select(working_hours).order_by(working_hours.c.begins)):
        found.setdefault((row.doctor, row.weekday), []).append((row.begins, row.ends))
    return found


_Times = Sequence[tuple[datetime, datetime]]


def _taken(connection: Connection, chosen: Sequence[Doctor]) -> dict[str, list[tuple[datetime, datetime]]]:
    """Begin and end, in UTC, of what stands in each doctor's calendar."""
    found: dict[str, list[tuple[datetime, datetime]]] = {}
    standing = select(appointments.c.doctor, appointments.c.starts_at, appointments.c.ends_at).where(
        appointments.c.cancelled_at.is_(None), appointments.c.doctor.in_([doctor.key for doctor in chosen])
    )
    for doctor, starts_at, ends_at in connection.execute(standing):
        found.setdefault(doctor, []).append((starts_at.replace(tzinfo=UTC), ends_at.replace(tzinfo=UTC)))
    return found


def _meets(opening: Opening, times: _Times) -> bool:
    return any(starts_at < opening.ends_at and opening.starts_at < ends_at for starts_at, ends_at in times)
