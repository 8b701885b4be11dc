"""Sees to it that the PostgreSQL of an address answers, and makes its database where that is missing.

python tools/postgres.py postgres://postgres@127.0.0.1:5432/bihuan
"""

import sys
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

HELP = """PostgreSQL does not answer at {address}:
  {reason}
Start it, or name another one:  make test-pg DATABASE_URL=postgres://user:password@host:5432/bihuan
(Debian: apt-get install postgresql; the user needs the right to create databases.)"""


def make_database(address: str) -> None:
    """Create the database that `address` names, connecting through the server's own `postgres` database."""
    parts = urlsplit(address)
    name = parts.path.lstrip("/")
    with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True, connect_timeout=5) as server:
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            print(f"Database {name} created.")


def main(address: str) -> int:
    try:
        make_database(address)
    except psycopg.OperationalError as failure:
        shown = urlsplit(address)
        print(HELP.format(address=f"{shown.hostname}:{shown.port or 5432}", reason=str(failure).strip()), file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
