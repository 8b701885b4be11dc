"""Where the shared worked examples lie, and how to read one."""

import json
import os
from pathlib import Path
from typing import Any

GOLDEN = Path(os.environ.get("SHARED_DIR") or Path(__file__).resolve().parents[1].parent / "shared") / "golden"
MISSING = f"the worked examples are not at {GOLDEN}; set SHARED_DIR"


def example(name: str) -> dict[str, Any]:
    """Read one case by its id."""
    return json.loads((GOLDEN / "cases" / f"{name}.json").read_text("utf-8"))


def cases(engine: str, *prefixes: str) -> list[str]:
    """Ids of all cases for an engine whose ids start with one of `prefixes`; none where the examples are missing."""
    names = sorted(path.stem for path in (GOLDEN / "cases").glob("*.json") if path.stem.startswith(prefixes))
    return [name for name in names if example(name)["engine"] == engine]
