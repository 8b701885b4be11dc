"""Starts the demo factory: prepares the data folder, then runs web server and job worker until Ctrl-C.

One supervisor for everything it starts: each program gets its own process group, its lines a prefix; when one of them
ends, or when the supervisor is told to end, all of them are ended with whatever they started themselves.
"""

import argparse
import contextlib
import ctypes
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
EMBEDDED = "bihuan.sqlite3"
SECONDS_TO_END = 10
C_LIBRARY = ctypes.CDLL(None) if sys.platform == "linux" else None


class Program:
    """One program under supervision."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        self.name = name
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )
        threading.Thread(target=self._print_lines, daemon=True).start()

    def _print_lines(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            print(f"{self.name:<6} | {line}", end="", flush=True)

    def signal_all(self, number: signal.Signals) -> None:
        """Send a signal to the program and to all that it has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def is_gone(self) -> bool:
        """Say whether no process of the program's group is left."""
        self.process.poll()
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return True
        return False


def _end_with_parent() -> None:
    """On Linux the kernel ends a program when its supervisor is killed outright."""
    if C_LIBRARY:
        pr_set_pdeathsig = 1
        C_LIBRARY.prctl(pr_set_pdeathsig, signal.SIGTERM)


def end(programs: list[Program]) -> None:
    """End all programs with everything they started: politely first, then by force."""
    for program in reversed(programs):
        program.signal_all(signal.SIGTERM)
    deadline = time.monotonic() + SECONDS_TO_END
    while not all(program.is_gone() for program in programs) and time.monotonic() < deadline:
        time.sleep(0.05)
    for program in programs:
        program.signal_all(signal.SIGKILL)
        program.process.wait()


def environment_for(options: argparse.Namespace, data_dir: Path) -> dict[str, str]:
    """The environment of all programs: the demo on this address, unless the caller's environment says otherwise."""
    hosts = {"localhost", "127.0.0.1", "[::1]", options.host, socket.gethostname()}
    defaults = {"DEMO": "1", "ALLOWED_HOSTS": ",".join(sorted(hosts)), "PYTHONUNBUFFERED": "1"}
    return defaults | dict(os.environ) | {"DATA_DIR": str(data_dir), "DJANGO_SETTINGS_MODULE": "erp.settings"}


def prepare(data_dir: Path, environment: dict[str, str]) -> list[str]:
    """Migrate, load the demo factory into an empty database; give back the log-in lines to show.

    While the demo is being loaded a mark lies in the data folder. If it is found at the start, the loading was broken
    off before anybody could work in it, and the embedded database is made anew.
    """
    mark = data_dir / "loading-demo"
    if mark.exists() and "DATABASE_URL" not in environment:
        print("The demo factory was not loaded to its end last time; starting again.", flush=True)
        for path in data_dir.glob(f"{EMBEDDED}*"):
            path.unlink()
        mark.unlink()
    logins = data_dir / "demo-logins.txt"
    command = [PYTHON, "manage.py", "prepare", "--mark", str(mark), "--logins", str(logins)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, preexec_fn=_end_with_parent)
    return logins.read_text(encoding="utf-8").splitlines() if logins.exists() else []


def commands(options: argparse.Namespace, data_dir: Path) -> dict[str, list[str]]:
    """The programs to run, by name."""
    gunicorn = [PYTHON, "-m", "gunicorn", "erp.wsgi", "--bind", f"{options.host}:{options.port}", "--no-control-socket"]
    gunicorn += ["--worker-class", "gthread", "--workers", "2", "--threads", "4", "--timeout", "120", "--graceful-timeout", "5"]
    gunicorn += ["--preload", "--log-level", "warning"]
    celery = [PYTHON, "-m", "celery", "--quiet", "--app", "erp", "worker", "--pool", "solo", "--loglevel", "WARNING", "--without-mingle"]
    celery += ["--without-gossip", "--beat", "--schedule", str(data_dir / "celerybeat-schedule")]
    return {"web": gunicorn, "worker": celery}


def wait_for_page(address: str, programs: list[Program], told_to_end: queue.SimpleQueue[int], seconds: float = 60) -> bool:
    """Wait until the login page answers; False when a program ended or the time was up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and told_to_end.empty():
        if any(program.process.poll() is not None for program in programs):
            return False
        try:
            urllib.request.urlopen(f"{address}/healthz/", timeout=5)
            return True
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    return False


def supervise(programs: list[Program], told_to_end: queue.SimpleQueue[int]) -> int:
    """Wait until somebody tells us to end (0) or a program ends by itself (1)."""
    while True:
        with contextlib.suppress(queue.Empty):
            told_to_end.get(timeout=0.3)
            print("\nEnding …", flush=True)
            return 0
        for program in programs:
            code = program.process.poll()
            if code is not None:
                print(f"{program.name} has ended by itself (exit status {code}); ending everything.", file=sys.stderr, flush=True)
                return 1


def port_is_free(host: str, port: int) -> bool:
    """Say whether the address can be bound."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def banner(address: str, logins: list[str], began: float) -> None:
    """Print where to go and who one can be."""
    print(f"\n  Bihuan 闭环   {address}/   (ready after {time.monotonic() - began:.0f} s; Ctrl-C ends it)\n")
    for line in logins:
        print(f"  {line}")
    print(flush=True)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--data-dir", type=Path, default=ROOT / "var")
    return parser.parse_args()


def main() -> int:
    began = time.monotonic()
    options = parse()
    data_dir = options.data_dir.resolve()
    (data_dir / "static").mkdir(parents=True, exist_ok=True)
    if "DATABASE_URL" in os.environ and "SECRET_KEY" not in os.environ:
        print("With DATABASE_URL a SECRET_KEY must be set as well (a long random text, kept).", file=sys.stderr)
        return 2
    if not port_is_free(options.host, options.port):
        print(f"Port {options.port} is in use. Choose another one: make run PORT={options.port + 1}", file=sys.stderr)
        return 2

    told_to_end: queue.SimpleQueue[int] = queue.SimpleQueue()

    def note(number: int, _frame: FrameType | None) -> None:
        told_to_end.put(number)

    environment = environment_for(options, data_dir)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        logins = prepare(data_dir, environment)
    except subprocess.CalledProcessError as failure:
        return failure.returncode
    except KeyboardInterrupt:
        return 130
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, note)
    address = f"http://{'localhost' if options.host in ('127.0.0.1', '0.0.0.0') else options.host}:{options.port}"
    programs: list[Program] = []
    try:
        for name, command in commands(options, data_dir).items():
            programs.append(Program(name, command, environment))
        if wait_for_page(address.replace("localhost", "127.0.0.1"), programs, told_to_end):
            banner(address, logins, began)
        return supervise(programs, told_to_end)
    finally:
        end(programs)


if __name__ == "__main__":
    sys.exit(main())
