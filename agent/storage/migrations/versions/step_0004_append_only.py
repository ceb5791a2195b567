"""Lets the audit log only grow: the database itself refuses to change an entry, or to remove one that was not cut."""

from alembic import op

from agent.storage.migrations.operations import create_index

revision = "0004"
down_revision = "0003"

REFUSED = "the audit log is append-only"


def upgrade() -> None:
    create_index("ix_audit_action", "audit", "action")
    _drop_triggers()
    for statement in _triggers(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    _drop_triggers()
    op.drop_index("ix_audit_action", "audit")


def _drop_triggers() -> None:
    """Those of a step that was cut off go, too."""
    of_table = " ON audit" if op.get_bind().dialect.name == "postgresql" else ""
    for trigger in ("audit_unchanged", "audit_kept", "audit_whole"):
        op.execute(f"DROP TRIGGER IF EXISTS {trigger}{of_table}")


def _triggers(dialect: str) -> tuple[str, ...]:
    match dialect:
        case "sqlite":
            return (
                f"CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END",
                "CREATE TRIGGER audit_kept BEFORE DELETE ON audit "
                f"WHEN OLD.seq > {_cut_up_to('INTEGER')} BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END",
            )
        case "postgresql":
            return (
                "CREATE OR REPLACE FUNCTION audit_refused() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"IF TG_OP = 'DELETE' THEN IF OLD.seq <= {_cut_up_to('BIGINT')} THEN RETURN OLD; END IF; END IF; "
                f"RAISE EXCEPTION '{REFUSED}'; END $$",
                "CREATE TRIGGER audit_kept BEFORE UPDATE OR DELETE ON audit "
                "FOR EACH ROW EXECUTE FUNCTION audit_refused()",
                "CREATE TRIGGER audit_whole BEFORE TRUNCATE ON audit "
                "FOR EACH STATEMENT EXECUTE FUNCTION audit_refused()",
            )
        case _:
            refuse = f"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{REFUSED}'"
            return (
                f"CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit FOR EACH ROW {refuse}",
                "CREATE TRIGGER audit_kept BEFORE DELETE ON audit FOR EACH ROW "
                f"IF OLD.seq > {_cut_up_to('SIGNED')} THEN {refuse}; END IF",
            )


def _cut_up_to(number: str) -> str:
    """The entry up to which the log's own entries allow it to be cut."""
    return f"COALESCE((SELECT MAX(CAST(subject AS {number})) FROM audit WHERE action = 'audit.cut'), 0)"
