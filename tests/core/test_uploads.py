"""Uploads that nobody confirms don't fill the disk."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core import uploads
from tests.factory import Factory
from tests.web.browsing import at_page

HEAD = "Item code,Name,Category code,Unit code,Supply type\n"


@pytest.fixture(autouse=True)
def place(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path / "uploads"


def test_what_was_not_confirmed_within_a_day_is_thrown_away(place: Path) -> None:
    path = Path(uploads.keep(b"sheet"))
    written = dt.datetime.fromtimestamp(path.stat().st_mtime, tz=dt.UTC)
    assert uploads.forget_old(at=written + dt.timedelta(hours=23)) == 0
    assert uploads.forget_old(at=written + dt.timedelta(hours=25)) == 1
    assert list(place.iterdir()) == []
    uploads.drop(str(path))


def test_the_next_preview_replaces_the_one_before(factory: Factory, place: Path) -> None:
    browser: Any = at_page(factory.ada, factory.company)
    for serial in range(3):
        file = SimpleUploadedFile("items.csv", f"{HEAD}M{serial},连接套,raw,PCS,Purchased\n".encode())
        assert browser.post("/import/items/", {"file": file}).status_code == 200
    assert len(list(place.iterdir())) == 1
