"""P15: the same stream of documents leaves the same ledgers on both engines; and the embedded engine bears eight people at once."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.proof.embedded import DOCUMENTS, PEOPLE
from tests.proof.stream import play

ROOT = Path(__file__).resolve().parents[2]
STEPS = 120


def in_sqlite(folder: Path, module: str, *arguments: str) -> Any:
    """Run a module of the tests on the embedded engine, whatever engine this test runs on; gives the JSON it prints."""
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    environment |= {"DJANGO_SETTINGS_MODULE": "erp.settings", "DATA_DIR": str(folder), "SECRET_KEY": "for-this-test-only"}
    done = subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-4000:]
    return json.loads(done.stdout)


def test_sqlite_and_postgresql_keep_the_same_ledgers(on_postgres: None, db: None, tmp_path: Path) -> None:
    here, there = play(20260301, STEPS), in_sqlite(tmp_path, "tests.proof.stream", "20260301", str(STEPS))

    assert len(here["moves"]) > 50
    assert len(here["vouchers"]) > 50
    assert here.keys() == there.keys()
    for name, rows in here.items():
        assert rows == there[name], name


def test_eight_people_post_into_one_sqlite_file(tmp_path: Path) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the same in both runs of the suite; once is enough")
    came_of_it = in_sqlite(tmp_path, "tests.proof.embedded")
    assert came_of_it == {"posted": PEOPLE * DOCUMENTS, "refusals": [], "differences": []}
