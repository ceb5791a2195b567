"""Statements that do nothing where they were run before.

MySQL and MariaDB commit each statement by itself, so a step that was cut off in the middle is taken anew.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.sql.schema import SchemaItem

from agent.storage.columns import OPTIONS, Content, Identity


def create_table(name: str, *parts: SchemaItem, indexes: tuple[str, ...] = ()) -> None:
    """A table, and indexes over single columns of it."""
    if not sa.inspect(op.get_bind()).has_table(name):
        op.create_table(name, *parts, **OPTIONS)
    for column in indexes:
        create_index(f"ix_{name}_{column}", name, column)


def create_table_of_call(name: str, *parts: SchemaItem, indexes: tuple[str, ...] = ("call_id",)) -> None:
    """A table of rows that belong to a call, and go with it."""
    call_id = sa.Column("call_id", sa.String(64), sa.ForeignKey("calls.id", ondelete="CASCADE"), nullable=False)
    create_table(name, sa.Column("id", Identity, primary_key=True), call_id, *parts, indexes=indexes)


def create_index(name: str, table: str, *columns: str) -> None:
    if name not in {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(table)}:
        op.create_index(name, table, list(columns))


def add_column(table: str, column: sa.Column[Any]) -> None:
    if column.name not in {known["name"] for known in sa.inspect(op.get_bind()).get_columns(table)}:
        op.add_column(table, column)


def text_to_content(table: str, *columns: str) -> None:
    """Makes columns of text into columns of its UTF-8 bytes."""
    with op.batch_alter_table(table) as batch:
        for column in columns:
            batch.alter_column(
                column,
                existing_type=sa.Text(),
                existing_nullable=False,
                type_=Content,
                postgresql_using=f"convert_to(\"{column}\", 'UTF8')",
            )
