"""Opens the clinic's SQLite file, and fills it on first use."""

from datetime import date, time, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Connection, Engine, insert

from agent.core.local_clock import LocalClock
from agent.dialogue.business import open_business
from agent.dialogue.domains.clinic import tables
from agent.dialogue.domains.clinic.calendar import load_doctors, openings

FIRST_APPOINTMENT_NUMBER = 1_001
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def open_database(path: Path, clock: LocalClock) -> Engine:
    """The database at `path`, with the tables and the seed of today in it if it was empty.

    Raises `StoreError` when the file cannot be used.
    """
    return open_business(path, tables.patients, lambda connection: _seed(connection, clock), name="clinic")


def _seed(connection: Connection, clock: LocalClock) -> None:
    """Fills an empty database with the clinic of `seed.yaml`."""
    seed = yaml.safe_load((files(__package__) / "seed.yaml").read_text(encoding="utf-8"))
    _seed_house(connection, seed, clock.today())
    _seed_doctors(connection, seed)
    ids = _seed_patients(connection, seed)
    tomorrow = clock.today() + timedelta(days=1)
    by_key = {doctor.key: doctor for doctor in load_doctors(connection)}
    for number, entry in enumerate(seed["appointments"], start=FIRST_APPOINTMENT_NUMBER):
        opening = openings(connection, [by_key[entry["doctor"]]], clock, tomorrow)[entry["time"]]
        booked = {
            "number": number,
            "patient_id": ids[entry["patient"]],
            "doctor": entry["doctor"],
            "starts_at": opening.starts_at.replace(tzinfo=None),
            "ends_at": opening.ends_at.replace(tzinfo=None),
            "booked_at": clock.moment(clock.today(), time()).replace(tzinfo=None),
        }
        connection.execute(insert(tables.appointments), booked)


def _seed_house(connection: Connection, seed: dict[str, Any], today: date) -> None:
    """When it is open, and its departments."""
    hours = [
        {"weekday": _WEEKDAYS.index(weekday), "opens": opens, "closes": closes}
        for weekday, span in seed["opening_hours"].items()
        for opens, closes in [_span(span)]
    ]
    years = (today.year, today.year + 1)
    shut = [{"day": date.fromisoformat(f"{year}-{day}")} for year in years for day in seed["holidays"]]
    connection.execute(insert(tables.opening_hours), hours)
    connection.execute(insert(tables.closures), shut)
    connection.execute(insert(tables.departments), [{"key": key} | entry for key, entry in seed["departments"].items()])


def _seed_doctors(connection: Connection, seed: dict[str, Any]) -> None:
    """Doctors and when they work."""
    who = [
        {"key": key, "name": entry["name"], "department": entry["department"], "minutes": entry["minutes"]}
        for key, entry in seed["doctors"].items()
    ]
    hours = [
        {"doctor": key, "weekday": _WEEKDAYS.index(weekday), "begins": begins, "ends": ends}
        for key, entry in seed["doctors"].items()
        for weekday, spans in entry["hours"].items()
        for begins, ends in map(_span, spans)
    ]
    connection.execute(insert(tables.doctors), who)
    connection.execute(insert(tables.working_hours), hours)


def _seed_patients(connection: Connection, seed: dict[str, Any]) -> dict[str, int]:
    """Patients and what they are prescribed. Returns the ids by number."""
    ids = {number: position for position, number in enumerate(seed["patients"], start=1)}
    who = [
        {"id": ids[number], "number": number, "first_name": first, "surname": surname, "born_on": entry["born"]}
        for number, entry in seed["patients"].items()
        for first, surname in [entry["name"].split()]
    ]
    prescribed = [
        {"patient_id": ids[number], "medicine": medicine}
        for number, entry in seed["patients"].items()
        for medicine in entry.get("medicines", ())
    ]
    connection.execute(insert(tables.patients), who)
    connection.execute(insert(tables.prescriptions), prescribed)
    return ids


def _span(written: str) -> tuple[time, time]:
    """ "08:00-12:00"."""
    begins, ends = written.split("-")
    return time.fromisoformat(begins), time.fromisoformat(ends)
