"""The clinic's business database: patients, doctors and their hours, appointments, and prescriptions asked for anew.

Hours are those that clocks on the wall show; moments are kept in UTC, without saying so in the column.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Time,
)

from agent.dialogue.identity import person_columns

metadata = MetaData()

patients = Table("patients", metadata, *person_columns(number_digits=7))

opening_hours = Table(
    "opening_hours",
    metadata,
    # As `date.weekday` counts: 0 is Monday.
    Column("weekday", Integer, CheckConstraint("weekday BETWEEN 0 AND 6"), primary_key=True),
    Column("opens", Time, nullable=False),
    Column("closes", Time, CheckConstraint("closes > opens"), nullable=False),
)

closures = Table(
    "closures",
    metadata,
    # Holidays: nobody is there, whatever the weekday.
    Column("day", Date, primary_key=True),
)

departments = Table(
    "departments",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("place", String(100), nullable=False),
    # What patients bring, as the end of a sentence.
    Column("bring", String(300), nullable=False),
)

doctors = Table(
    "doctors",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("department", ForeignKey("departments.key"), nullable=False, index=True),
    Column("minutes", Integer, CheckConstraint("minutes BETWEEN 5 AND 240"), nullable=False),
)

working_hours = Table(
    "working_hours",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("doctor", ForeignKey("doctors.key"), nullable=False, index=True),
    Column("weekday", Integer, CheckConstraint("weekday BETWEEN 0 AND 6"), nullable=False),
    Column("begins", Time, nullable=False),
    Column("ends", Time, CheckConstraint("ends > begins"), nullable=False),
)

appointments = Table(
    "appointments",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("patient_id", ForeignKey("patients.id"), nullable=False, index=True),
    Column("doctor", ForeignKey("doctors.key"), nullable=False),
    Column("starts_at", DateTime, nullable=False),
    Column("ends_at", DateTime, CheckConstraint("ends_at > starts_at"), nullable=False),
    Column("booked_at", DateTime, nullable=False),
    Column("cancelled_at", DateTime),
)
# No doctor is booked twice for one time, and no patient; what was cancelled takes up no time.
for whose in ("doctor", "patient_id"):
    Index(
        f"one_appointment_a_{whose.removesuffix('_id')}",
        appointments.c[whose],
        appointments.c.starts_at,
        unique=True,
        sqlite_where=appointments.c.cancelled_at.is_(None),
    )

prescriptions = Table(
    "prescriptions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("patient_id", ForeignKey("patients.id"), nullable=False, index=True),
    Column("medicine", String(100), nullable=False),
)

renewal_requests = Table(
    "renewal_requests",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("prescription_id", ForeignKey("prescriptions.id"), nullable=False),
    Column("requested_on", Date, nullable=False),
    # When somebody of the practice has dealt with it.
    Column("handled_on", Date),
)
# Who asks again while nobody has dealt with it yet asks for the same.
Index(
    "one_open_request_a_prescription",
    renewal_requests.c.prescription_id,
    unique=True,
    sqlite_where=renewal_requests.c.handled_on.is_(None),
)
