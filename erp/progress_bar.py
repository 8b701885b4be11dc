"""A progress bar on the terminal's error stream: one line that is drawn over, or a few plain lines where there is no terminal."""

import sys
import time
from types import TracebackType
from typing import TextIO

_WIDTH = 30


class ProgressBar:
    """Counts steps of a known total; use it as a context manager."""

    def __init__(self, total: int, label: str = "", *, stream: TextIO | None = None) -> None:
        self.total, self.label, self.done = max(total, 1), label, 0
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._began = self._drawn_at = time.monotonic()
        self._drawn_tenth = -1

    def __enter__(self) -> "ProgressBar":
        self._draw()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._draw(last=True)

    def step(self, count: int = 1, label: str = "") -> None:
        """Note that `count` more steps are done, and what is done now."""
        self.done += count
        self.label = label or self.label
        if not self._terminal or time.monotonic() - self._drawn_at > 0.1:
            self._draw()

    def _draw(self, *, last: bool = False) -> None:
        share = min(self.done / self.total, 1)
        seconds = time.monotonic() - self._began
        self._drawn_at = time.monotonic()
        if self._terminal:
            filled = round(share * _WIDTH)
            bar = "█" * filled + "░" * (_WIDTH - filled)
            self._stream.write(f"\r\033[K{bar} {share:4.0%}  {seconds:4.0f} s  {self.label}" + ("\n" if last else ""))
        elif (tenth := int(share * 10)) != self._drawn_tenth:
            self._drawn_tenth = tenth
            self._stream.write(f"{share:4.0%}  {seconds:4.0f} s  {self.label}\n")
        self._stream.flush()
