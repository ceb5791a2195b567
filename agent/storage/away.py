"""Tells a database that is away, and may come back by itself, from one with which somebody has to do something."""

import sqlite3
import ssl

from sqlalchemy.exc import DBAPIError

SQLSTATES = frozenset({"08", "53", "57", "58"})
"""Classes of SQLSTATE: connection exception; and PostgreSQL's own: no resources, stopped or starting, system error."""
SQLITE = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL})
MYSQL = frozenset({1021, 1040, 1053, 1114, 1203, 1205, 2002, 2003, 2006, 2013})
"""MySQL's and MariaDB's errors by number: full, too many connections, shutting down, locked, no connection or a lost
one."""
FOR_SOMEBODY = (PermissionError, ssl.SSLError)
"""Of what an operating system says, what does not pass by itself."""


def is_away(fault: Exception) -> bool:
    """Whether to try again later may help, as nobody listens, answers in time, or has room. A name or a password that
    is wrong, a database that there is not, and one that is damaged stay so."""
    if isinstance(fault, OSError):
        return not isinstance(fault, FOR_SOMEBODY)
    if not isinstance(fault, DBAPIError):
        return False
    said = fault.orig
    code = getattr(said, "sqlite_errorcode", None)
    if code is not None:
        # Its lowest byte is the kind; above that SQLite tells variants apart.
        return code & 0xFF in SQLITE
    number = said.args[0] if said is not None and said.args else None
    if isinstance(number, int):
        return number in MYSQL
    return str(getattr(said, "sqlstate", None) or "")[:2] in SQLSTATES
