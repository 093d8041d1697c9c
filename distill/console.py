"""What is said while the command works, and how: progress on a terminal, messages of one line, faults."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import FrameType, TracebackType

from distill.clock import Clock
from distill.errors import BadInput

DEBUG = "DISTILL_DEBUG"  # set in the environment, faults show their traceback
_OWN = [Path(__file__).parents[1] / package for package in ("distill", "dsl", "synthesis", "verify")]
_TICK = 0.5  # seconds between two looks at the progress line
_LINES = 5.0  # seconds between two lines where the terminal cannot overwrite one


def plain(text: str) -> str:
    r"""Give text whose control characters are spelt out: what a bundle says must not steer a terminal.

    >>> plain("a\x1b[31mb\n")
    'a\\x1b[31mb\n'
    """
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def tell(message: str) -> None:
    """Say something in one line on standard error."""
    print(f"distill: {plain(' '.join(message.split()))}", file=sys.stderr)


def result(text: str) -> None:
    """Put the result on standard output; a reader that has gone away is no fault. Raises BadInput for a full disk."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        _discard_output()
    except OSError as error:
        _discard_output()
        raise BadInput("standard output", f"{error.strerror}", "room for the result", "write it elsewhere") from error


def _discard_output() -> None:
    """Let Python flush what is left, as it does at its end, to nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def fault(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Report what the compiler did not foresee, as a `sys.excepthook`; the exit status is then 1."""
    if os.environ.get(DEBUG):
        traceback.print_exception(kind, error, trace)
    frames = traceback.extract_tb(trace)
    own = [f for f in frames if any(Path(f.filename).is_relative_to(folder) for folder in _OWN)] or frames
    at = f" at {os.path.basename(own[-1].filename)}:{own[-1].lineno}" if own else ""
    what = traceback.format_exception_only(kind, error)[-1].strip()
    remedy = f"run it again with {DEBUG}=1 in the environment, and report the traceback to the authors of distill"
    tell(f"internal fault{at}: {what}; {remedy}")


class Progress:
    """One line on a terminal that says what is going on and for how long; nothing where there is no terminal."""

    def __init__(self, quiet: bool) -> None:
        self.shown = not quiet and sys.stderr.isatty()
        self.overwrites = os.environ.get("TERM", "dumb") != "dumb"
        self.text = "load"
        self._done = threading.Event()
        self._started = time.monotonic()

    def __call__(self, text: str) -> None:
        """Take note of what is going on now."""
        self.text = text

    @contextmanager
    def running(self) -> Iterator[None]:
        """Show the line until the work is done."""
        if not self.shown:
            yield
            return
        thread = threading.Thread(target=self._tick, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._done.set()
            thread.join()
            if self.overwrites:
                sys.stderr.write("\r\x1b[K")
                sys.stderr.flush()

    def _tick(self) -> None:
        while not self._done.wait(_TICK if self.overwrites else _LINES):
            line = f"{time.monotonic() - self._started:4.0f} s  {plain(self.text)}".replace("\n", " ")
            line = line[: shutil.get_terminal_size().columns - 1]
            sys.stderr.write(f"\r{line}\x1b[K" if self.overwrites else f"{line}\n")
            sys.stderr.flush()


@contextmanager
def working(clock: Clock, progress: Progress) -> Iterator[None]:
    """Show progress, keep what the network's code prints off standard output, and let Ctrl-C end the work early."""

    def stop() -> None:
        clock.interrupted = True
        progress("interrupted: finishing (Ctrl-C again ends at once)")

    with interruptible(stop), progress.running(), redirect_stdout(sys.stderr):
        yield


@contextmanager
def interruptible(first: Callable[[], None]) -> Iterator[None]:
    """Call `first` at the first Ctrl-C, and raise KeyboardInterrupt at the next."""
    pressed = False

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True
        first()

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let no Ctrl-C come between what belongs together and takes a moment."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
