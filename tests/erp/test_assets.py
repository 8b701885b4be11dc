"""What the browser gets: the libraries as recorded, nothing from elsewhere, nothing inline."""

import hashlib
import json
import re
from pathlib import Path

import polib
import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
VENDOR = ROOT / "static" / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text())
TEMPLATES = sorted(path for folder in ROOT.glob("**/templates") if ".venv" not in folder.parts for path in folder.rglob("*.html"))
SCRIPTS_AND_STYLES = sorted(path for path in (ROOT / "static" / "app").rglob("*") if path.suffix in {".js", ".css", ".svg"})
CATALOGUES = sorted((ROOT / "locale").rglob("*.po"))


@pytest.mark.parametrize("name", sorted(MANIFEST))
def test_library_is_the_one_recorded(name):
    content = (VENDOR / name).read_bytes()

    assert hashlib.sha256(content).hexdigest() == MANIFEST[name]["sha256"]
    assert MANIFEST[name]["license"]


def test_no_library_without_a_record():
    present = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file()}

    assert present == {*MANIFEST, "manifest.json"}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_template_has_no_inline_script_and_loads_nothing_from_elsewhere(path):
    text = path.read_text("utf-8")

    assert not re.search(r"<script(?![^>]*\bsrc=)", text), "inline <script>"
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text), "on…= attribute"
    assert not re.search(r"(?:src|href)=[\"'](?:https?:)?//", text), "asset from elsewhere"


@pytest.mark.parametrize("path", SCRIPTS_AND_STYLES, ids=lambda path: path.name)
def test_own_script_or_style_loads_nothing_from_elsewhere(path):
    text = path.read_text("utf-8").replace("http://www.w3.org/", "")

    assert not re.search(r"https?://", text)
    assert "eval(" not in text


def test_every_icon_that_is_used_is_in_the_sprite():
    sprite = (VENDOR / "icons.svg").read_text()
    used = {name for path in TEMPLATES for name in re.findall(r'{% icon "([\w-]+)"', path.read_text("utf-8"))}

    assert {name for name in used if f'id="{name}"' not in sprite} == set()


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: str(path.relative_to(ROOT)))
def test_compiled_catalogue_is_that_of_its_source(path):
    written = {(entry.msgctxt, entry.msgid): entry.msgstr or entry.msgstr_plural for entry in polib.pofile(str(path)).translated_entries()}
    compiled = {(entry.msgctxt, entry.msgid): entry.msgstr or entry.msgstr_plural for entry in polib.mofile(str(path.with_suffix(".mo")))}

    assert compiled == written, "run `make messages` and commit the .mo file"
