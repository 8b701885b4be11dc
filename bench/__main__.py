"""`python -m bench [posting] [lists] [mrp]`: the measures as one JSON document on standard output."""

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "erp.settings")
MEASURES = ("posting", "lists", "mrp")
ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Run what was asked for, everything without arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", metavar="{posting,lists,mrp}")
    wanted = parser.parse_args().what or list(MEASURES)
    if unknown := set(wanted) - set(MEASURES):
        parser.error(f"there is no measure {', '.join(sorted(unknown))}")
    django.setup()
    from bench import lists, posting  # noqa: PLC0415 - they need Django's tables
    from core.db import is_postgres  # noqa: PLC0415

    result: dict[str, Any] = {"machine": {"cores": os.cpu_count(), "python": platform.python_version()}}
    for name, measure in (("posting", posting.measure), ("lists", lists.measure)):
        if name in wanted:
            result[name] = measure() if is_postgres() else "needs DATABASE_URL=postgres://…"
    if "mrp" in wanted:
        result["mrp_engine"] = _script("mrp_engine.py")
        result["mrp_service"] = _script("mrp_service.py")
    json.dump(result, sys.stdout, ensure_ascii=False, indent=1, default=str)
    sys.stdout.write("\n")
    return 0


def _script(name: str) -> Any:
    """Run a bench that measures memory, so it wants a process of its own."""
    done = subprocess.run([sys.executable, str(ROOT / "bench" / name)], capture_output=True, text=True, cwd=ROOT, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else {"failed": done.stderr[-500:]}


if __name__ == "__main__":
    sys.exit(main())
