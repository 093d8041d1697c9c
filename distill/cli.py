"""The command line: `distill compile`, `distill verify`, `distill inspect`. Imports nothing heavy."""

from __future__ import annotations

import math
import os
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, make_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, CycloptsError, Group, Parameter, Token

from distill import __version__, console
from distill.commands import BAD, HOLDS, INTERRUPTED, Job, compile_to, inspect_model, verify_program
from distill.errors import BadInput
from distill.manifest import KEYS

BUDGET, JUDGING = 120.0, 600.0  # seconds that a compile and a verification may take by default

_KEYS = Group("Keys of distill.toml, overridden", sort_key=1)


def _flag(name: str) -> tuple[str, Any, Any]:
    """Give the field of one key. Its value is the text given; `manifest.read_flags` reads it."""
    key = KEYS[name]
    text = f"[{key.table}] {key.expected}, like {key.example}. Default: {key.default}."
    return name, Annotated[str | None, Parameter(help=text, group=_KEYS, show_default=False)], field(default=None)


if TYPE_CHECKING:

    class Flags:
        """A flag for each key of distill.toml."""

else:
    _NAMESPACE = {"__module__": __name__}  # cyclopts takes classes of module `types` for built-in ones
    Flags = Parameter(name="*")(make_dataclass("Flags", map(_flag, KEYS), frozen=True, namespace=_NAMESPACE))


def _whole(_: type, tokens: Sequence[Token]) -> int:
    """Read an integer; cyclopts would round 1.5."""
    return int(tokens[0].value)


@Parameter(name="*")
@dataclass(frozen=True)
class Common:
    """What every command takes.

    Parameters
    ----------
    seed
        Where random choices start from: equal seeds give equal results.
    device
        Where the network runs.
    trust
        Run code that comes with the network: its factory, or what a pickle holds.
    json
        Print one JSON object instead of text.
    quiet
        Show no progress.
    """

    seed: Annotated[int, Parameter(converter=_whole)] = 0
    device: Literal["cpu", "cuda"] = "cpu"
    trust: bool = False
    json: bool = False
    quiet: bool = False


_COMMON, _FLAGS = Common(), Flags()

app = App(
    name="distill",
    help="Compile a trained neural network to a short Python program, and say what was verified.",
    version=__version__,
    help_format="plaintext",
    default_parameter=Parameter(negative=""),
)


@app.command(name="compile")
def compile_command(
    model: Path,
    /,
    *,
    out: Annotated[Path | None, Parameter(name=("--out", "-o"))] = None,
    budget: float = BUDGET,
    report: Path | None = None,
    offsets: bool = False,
    common: Common = _COMMON,
    flags: Flags = _FLAGS,
) -> int:
    """Compile a network to a program.

    Parameters
    ----------
    model
        A model file, or a bundle: a folder with a network and a distill.toml.
    out
        Where the program goes. Default: the model's name with .py, in the current folder. OUT.certificate.json goes
        beside it; where no program is accepted, OUT.rejected.py does, alone.
    budget
        Seconds that the search may take.
    report
        Write a page for people to read, too: OUT.html.
    offsets
        Judge the program also where inputs begin at later positions of the network's embedding.
    """
    return compile_to(_job(model, budget, common, flags, offsets), out, report)


@app.command
def verify(
    program: Path,
    model: Path,
    /,
    *,
    budget: float = JUDGING,
    alignment: Path | None = None,
    offsets: bool = False,
    common: Common = _COMMON,
    flags: Flags = _FLAGS,
) -> int:
    """Judge a program against a network again, from nothing: an emitted one, or one edited or written by hand.

    Parameters
    ----------
    program
        A Python file that reads a JSON input a line and writes a JSON output a line, which is run; or, in a file not
        named .py, a program in the language.
    model
        A model file, or a bundle: a folder with a network and a distill.toml.
    budget
        Seconds that the comparison may take.
    alignment
        A TOML or JSON file that says where in the network the program's steps are, like carry = "cell.hidden"; it is
        judged, too. By default they are looked for.
    offsets
        Judge the program also where inputs begin at later positions of the network's embedding.
    """
    return verify_program(_job(model, budget, common, flags, offsets), program, alignment)


@app.command
def inspect(model: Path, /, *, attention: bool = False, common: Common = _COMMON, flags: Flags = _FLAGS) -> int:
    """Say what the compiler sees: signature, domain and its size, sites with their shapes, parameter counts.

    Parameters
    ----------
    model
        A model file, or a bundle: a folder with a network and a distill.toml.
    attention
        Run the network, and say where each head of its attention looks and which values are found at its layer.
    """
    return inspect_model(_job(model, BUDGET, common, flags), attention)


def _job(model: Path, budget: float, common: Common, flags: Flags, offsets: bool = False) -> Job:
    """Put together what a command was told; raises BadInput for numbers that mean nothing."""
    if not (math.isfinite(budget) and budget > 0):
        raise BadInput("--budget", str(budget), "a positive number of seconds", "write it like --budget 60")
    if common.seed < 0:
        raise BadInput("--seed", str(common.seed), "an integer that is not negative", "write it like --seed 1")
    told = (common.seed, common.device, common.trust, common.json, common.quiet)
    return Job(model, budget, *told, flags=vars(flags), offsets=offsets)


def main() -> int:
    """Run the process's command line and give its exit status."""
    sys.excepthook = console.fault
    status = run(sys.argv[1:])
    if status == INTERRUPTED:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)  # Python itself would now and then end by the signal, with another status
    return status


def run(arguments: Sequence[str]) -> int:
    """Run a command line and give its exit status; only what nobody foresaw is raised."""
    try:
        with warnings.catch_warnings():
            if not sys.warnoptions:
                warnings.simplefilter("ignore")
            command, bound, _ = app.parse_args(list(arguments), print_error=False, exit_on_error=False)
            return command(*bound.args, **bound.kwargs) or HOLDS
    except CycloptsError as error:
        chain = " ".join(["distill", *(error.command_chain or ())])
        error.verbose = False
        console.tell(f"{str(error).rstrip('.')}; see {chain} --help")
        return BAD
    except BadInput as error:
        console.tell(str(error))
        return BAD
    except KeyboardInterrupt:
        console.tell("interrupted")
        return INTERRUPTED
