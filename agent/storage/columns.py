"""Column types that mean the same on SQLite, PostgreSQL, MySQL and MariaDB, for tables and migrations."""

from typing import Any

from sqlalchemy import BigInteger, Double, Float, Integer, LargeBinary
from sqlalchemy.dialects.mysql import MEDIUMBLOB
from sqlalchemy.types import TypeEngine

Identity = BigInteger().with_variant(Integer(), "sqlite")
"""A number that the database gives. SQLite counts only columns of the type INTEGER, which has 64 bits there."""
Whole = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits."""
Real: TypeEngine[float] = Double().with_variant(Float(), "sqlite")
"""64 bits: MySQL's FLOAT has 32, in which Unix seconds are wrong by minutes."""
Content = LargeBinary().with_variant(MEDIUMBLOB(), "mysql", "mariadb")
"""What people said, showed or felt, as bytes: up to 16 MiB on MySQL, whose BLOB ends at 64 KiB."""

OPTIONS: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in {"engine": "InnoDB", "charset": "utf8mb4", "collate": "utf8mb4_bin"}.items()
}
"""Of every table. Names and ids differ by case, as on the other databases, and any character can be kept."""
