"""Migration operations that make ledger tables append-only in the database itself, on both engines (P8).

The owner of a table can switch triggers off, so in production the application's role owns none of them (docs/production.md),
and the hash chain shows what a trigger could not stop.
"""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation

_PG_FUNCTION = """
CREATE OR REPLACE FUNCTION bihuan_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'append-only: % on % refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$
"""


class AppendOnly(Operation):
    """Refuse UPDATE, DELETE and TRUNCATE on a table; with `while_posted`, an UPDATE or DELETE only of rows that are posted."""

    reversible = True

    def __init__(self, table: str, while_posted: bool = False) -> None:
        self.table = table
        self.while_posted = while_posted

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The state of the models does not change."""

    def database_forwards(self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any) -> None:
        postgres = schema_editor.connection.vendor == "postgresql"
        for statement in _postgres(self.table, self.while_posted) if postgres else _sqlite(self.table, self.while_posted):
            schema_editor.execute(statement, params=None)

    def database_backwards(self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any) -> None:
        on = f" ON {self.table}" if schema_editor.connection.vendor == "postgresql" else ""
        for name in ("update", "delete", "truncate"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {self.table}_no_{name}{on}", params=None)

    def describe(self) -> str:
        return f"Make {self.table} append-only"


def _postgres(table: str, while_posted: bool) -> list[str]:
    when = " WHEN (OLD.state = 'posted')" if while_posted else ""
    rows = [
        f"CREATE TRIGGER {table}_no_{event} BEFORE {event.upper()} ON {table} FOR EACH ROW{when} EXECUTE FUNCTION bihuan_refuse_change()"
        for event in ("update", "delete")
    ]
    return [
        _PG_FUNCTION,
        *rows,
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION bihuan_refuse_change()",
    ]


def _sqlite(table: str, while_posted: bool) -> list[str]:
    when = " WHEN OLD.state = 'posted'" if while_posted else ""
    return [
        f"CREATE TRIGGER {table}_no_{event} BEFORE {event.upper()} ON {table}{when} "
        f"BEGIN SELECT RAISE(ABORT, 'append-only: {event} on {table} refused'); END"
        for event in ("update", "delete")
    ]


class Refuse(Operation):
    """Refuse an event on a table while a condition over OLD/NEW holds: the database's own word for a rule of the books."""

    reversible = True

    def __init__(self, name: str, table: str, event: str, condition: str, message: str) -> None:
        self.name, self.table, self.event, self.condition, self.message = name, table, event, condition, message

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The state of the models does not change."""

    def database_forwards(self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any) -> None:
        for statement in self._statements(schema_editor.connection.vendor == "postgresql"):
            schema_editor.execute(statement, params=None)

    def _statements(self, postgres: bool) -> list[str]:
        if not postgres:
            return [
                f"CREATE TRIGGER {self.name} BEFORE {self.event.upper()} ON {self.table} WHEN {self.condition} "
                f"BEGIN SELECT RAISE(ABORT, '{self.message}'); END"
            ]
        row = "OLD" if self.event.lower() == "delete" else "NEW"
        return [
            f"CREATE OR REPLACE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {self.condition} THEN RAISE EXCEPTION '{self.message}' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
            f"RETURN {row}; END $$",
            f"CREATE TRIGGER {self.name} BEFORE {self.event.upper()} ON {self.table} FOR EACH ROW EXECUTE FUNCTION {self.name}()",
        ]

    def database_backwards(self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any) -> None:
        on = f" ON {self.table}" if schema_editor.connection.vendor == "postgresql" else ""
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {self.name}{on}", params=None)

    def describe(self) -> str:
        return f"{self.message} ({self.table})"
