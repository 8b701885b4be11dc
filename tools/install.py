"""Makes .venv and installs the pinned requirements into it; does nothing when that has been done for these very pins.

Runs on a bare Python 3.11 (standard library only): `python3.11 tools/install.py [--dev]`.
"""

import hashlib
import importlib.util
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
RUNTIME = ["requirements.txt"]
DEVELOPMENT = ["requirements.txt", "requirements-dev.txt"]


def fingerprint(files: list[str]) -> str:
    """Hash the pins together with the Python they were installed for."""
    digest = hashlib.sha256(sys.version.encode())
    for name in files:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def is_installed(files: list[str]) -> bool:
    """Say whether exactly these pins are in .venv already."""
    stamp = VENV / f".installed-{files[-1]}"
    return (VENV / "bin" / "python").exists() and stamp.exists() and stamp.read_text() == fingerprint(files)


def install(files: list[str]) -> None:
    """Install the last of `files` (it includes the others) and remember what was installed."""
    if not (VENV / "bin" / "python").exists():
        print(f"Creating {VENV.name} with Python {sys.version.split()[0]} …", flush=True)
        venv.create(VENV, with_pip=True, clear=VENV.exists(), symlinks=True)
    print(f"Installing {files[-1]} (once; takes about a minute) …", flush=True)
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    subprocess.run([*pip, "-r", str(ROOT / files[-1])], check=True)
    for done in (RUNTIME, files):
        (VENV / f".installed-{done[-1]}").write_text(fingerprint(done))


def main() -> int:
    if sys.version_info < (3, 11):
        print(
            f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}. Say which one: make PYTHON=/path/to/python3.11 …",
            file=sys.stderr,
        )
        return 2
    if importlib.util.find_spec("ensurepip") is None:
        print("This Python has no ensurepip. On Debian and Ubuntu: apt-get install python3-venv", file=sys.stderr)
        return 2
    files = DEVELOPMENT if "--dev" in sys.argv[1:] else RUNTIME
    if is_installed(files) or (files == RUNTIME and is_installed(DEVELOPMENT)):
        return 0
    try:
        install(files)
    except subprocess.CalledProcessError as failure:
        print("The packages could not be installed; pip's own message is above.", file=sys.stderr)
        return failure.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
