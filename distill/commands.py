"""What each command does round the work itself: where results go, what is printed, the exit status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from distill import console
from distill.clock import Clock
from distill.errors import BadInput
from distill.output import beside, check_writable, write_whole
from distill.specs import MANIFEST
from distill.summary import as_json, judgement, outcome

if TYPE_CHECKING:
    from distill.pipeline import Compiled

HOLDS = 0  # a program was accepted, or holds; 1 is an internal fault, Python's own status for what nobody caught
BAD = 2  # bad usage or bad input
REFUSED = 3  # no program was accepted, or one does not hold
INTERRUPTED = 130  # as REFUSED, with what was found so far

_MARK = "by distill "  # in the docstring of every program that was emitted


@dataclass(frozen=True, slots=True)
class Job:
    """A model and what every command is told about it. budget: seconds; flags: the keys of distill.toml given.

    offsets: whether a program is judged at position offsets, too.
    """

    model: Path
    budget: float
    seed: int
    device: str
    trust: bool
    json: bool
    quiet: bool
    flags: Mapping[str, object]
    offsets: bool = False


def compile_to(job: Job, out: Path | None, report: Path | None) -> int:
    """Compile a model, write what came of it, print the result and give the exit status.

    Raises BadInput for whatever is wrong with what was given; then nothing was written.
    """
    out = _default_out(job.model) if out is None else out
    _check_targets(job.model, out, report)
    progress = console.Progress(job.quiet)
    clock = Clock(job.budget, progress)
    with console.working(clock, progress):
        from distill.pipeline import Options, compile_model

        options = Options(job.budget, job.seed, job.device, job.trust, dict(job.flags), progress, job.offsets)
        compiled = compile_model(job.model, options, clock)
    accepted = compiled.accepted and not clock.interrupted
    why = _why(compiled, clock)
    files = _files(compiled, out, accepted)
    if report is not None:
        from distill.report import page

        files[report] = page(compiled.certificate, why)
    with console.uninterrupted():
        write_whole(files)
    certificate = compiled.certificate if accepted else {"accepted": False, "why": why, **compiled.certificate}
    console.result(as_json(certificate) if job.json else outcome(certificate, list(files), why))
    return INTERRUPTED if clock.interrupted else HOLDS if accepted else REFUSED


def _default_out(model: Path) -> Path:
    """Give the model's name in the current folder; raises BadInput rather than overwrite what is no emitted program."""
    place = (model.parent if model.name == MANIFEST else model).resolve()
    out = Path((place.stem if place.is_file() else place.name) + ".py")
    if out.is_file() and _MARK not in " ".join(out.read_text(encoding="utf-8", errors="replace").split()):
        raise BadInput(out, "a file that distill did not write", "a file to write the program to", "name one with -o")
    return out


def _check_targets(model: Path, out: Path, report: Path | None) -> None:
    """Raise BadInput where a result could not be written, or would take the place of another file of this compile."""
    taken = {model.resolve(): "the model itself"}
    for path, flag in ((out, "-o"), (report, "--report")):
        if path is None:
            continue
        if path.resolve() in taken:
            remedy = "name another file"
            raise BadInput(f"{flag} {path}", taken[path.resolve()], "a file of its own", remedy)
        check_writable(path, flag)
        taken[path.resolve()] = "what another flag names"


def _why(compiled: Compiled, clock: Clock) -> str:
    """Say why no program is accepted, "" where one is."""
    if not clock.interrupted:
        return compiled.why
    return f"interrupted; {compiled.why}" if compiled.why else "interrupted, though this one had held so far"


def _files(compiled: Compiled, out: Path, accepted: bool) -> dict[Path, str]:
    if compiled.rendered is None:
        return {}
    source = compiled.rendered.source
    if not accepted:
        return {beside(out, ".rejected.py"): source}
    return {out: source, beside(out, ".certificate.json"): as_json(compiled.certificate) + "\n"}


def verify_program(job: Job, program: Path, alignment: Path | None) -> int:
    """Judge a program, print the result and give the exit status.

    Raises BadInput for whatever is wrong with what was given, a program that does not run included.
    """
    progress = console.Progress(job.quiet)
    clock = Clock(job.budget, progress)
    with console.working(clock, progress):
        from distill.verification import verify

        found = verify(program, job, clock, alignment)
    console.result(as_json(found) if job.json else judgement(found))
    return INTERRUPTED if clock.interrupted else HOLDS if found["holds"] else REFUSED


def inspect_model(job: Job, attention: bool) -> int:
    """Print what the compiler sees of a model; raises BadInput for whatever is wrong with what was given."""
    progress = console.Progress(job.quiet)
    clock = Clock(job.budget, progress)
    with console.working(clock, progress):
        from distill.inspection import inspect

        found = inspect(job, attention)
    if job.json:
        console.result(as_json(found))
    else:
        from distill.inspection import show

        show(found)
    return INTERRUPTED if clock.interrupted else HOLDS
