"""`make run`: everything it starts ends with it, and a data folder that was prepared once is kept."""

import os
import select
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

RUN = [sys.executable, "tools/run.py"]
MAKE_COMPANY = (
    "from core.models import Company; import datetime; Company.objects.create(code='C', name='C', start_date=datetime.date(2026, 1, 1))"
)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory) -> Path:
    """A migrated data folder with a company, so that nothing has to be loaded; the tests use it one after the other."""
    if connection.vendor != "sqlite":
        pytest.skip("starts the embedded database, whichever database the tests use")
    folder = tmp_path_factory.mktemp("data")
    manage(folder, "migrate", "-v", "0")
    manage(folder, "shell", "-v", "0", "-c", MAKE_COMPANY)
    return folder


def manage(data_dir: Path, *words: str) -> str:
    command = [sys.executable, "manage.py", *words]
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=environment_of(data_dir), check=True, capture_output=True, text=True)
    return done.stdout


def environment_of(data_dir: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "DEMO")}
    return inherited | {"DATA_DIR": str(data_dir)}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(data_dir: Path, port: int) -> subprocess.Popen[str]:
    command = [*RUN, "--port", str(port), "--data-dir", str(data_dir)]
    return subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=environment_of(data_dir), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def read_until(program: subprocess.Popen[str], words: str) -> str:
    assert program.stdout
    seen = ""
    for line in program.stdout:
        seen += line
        if words in line:
            return seen
    raise AssertionError(f"ended without saying “{words}”:\n{seen}")


def processes_of(data_dir: Path) -> dict[int, str]:
    """All living processes that work in this data folder, with their command lines."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes()
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            command = (folder / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
        if f"DATA_DIR={data_dir}\0".encode() in environment and state != "Z":
            found[int(folder.name)] = command
    return found


def wait_until_gone(data_dir: Path) -> dict[int, str]:
    """Wait for the end of each of these processes, at most 20 seconds; give back what still lives."""
    for process in processes_of(data_dir):
        try:
            ending = os.pidfd_open(process)
        except ProcessLookupError:
            continue
        select.select([ending], [], [], 20)
        os.close(ending)
    return processes_of(data_dir)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_whatever_was_started_ends_with_it(data_dir, number):
    port = free_port()
    program = start(data_dir, port)
    shown = read_until(program, "cashier")

    assert f"http://localhost:{port}/" in shown
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/accounts/login/", timeout=20) as page:
        assert page.status == 200
    assert any("celery" in command for command in processes_of(data_dir).values())

    program.send_signal(number)
    assert program.wait(timeout=30) == (0 if number != signal.SIGKILL else -signal.SIGKILL)
    assert wait_until_gone(data_dir) == {}


def test_a_used_port_is_said_plainly(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        program = start(tmp_path, port)
        said, _nothing = program.communicate(timeout=30)

    assert program.returncode == 2
    assert f"Port {port} is in use" in said
