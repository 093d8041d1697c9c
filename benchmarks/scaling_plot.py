"""Draws what `benchmarks.scaling` measured: docs/scaling-AXIS.svg, and the tables in docs/scaling.md.

python -m benchmarks.scaling_plot [--results FILE] [--docs FOLDER]
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

import matplotlib
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator

from benchmarks.scaling import RESULTS, Outcome, Point, read_results
from benchmarks.tasks import AXES, Axis

COLOURS = ("#0b6e99", "#c2571a")
Outcomes = Sequence[Outcome]
Groups = Mapping[tuple[str, str, int], Outcomes]  # by axis, task and size


def grouped(results: Mapping[Point, Outcome]) -> Groups:
    """Gather what differs in the seed alone."""
    groups: dict[tuple[str, str, int], list[Outcome]] = {}
    for point, outcome in results.items():
        groups.setdefault((point.axis, point.task, point.size), []).append(outcome)
    return groups


def seconds(outcomes: Outcomes) -> float | None:
    """Give the median CPU seconds of those that came to an end."""
    known = [o.seconds for o in outcomes if o.seconds is not None]
    return median(known) if known else None


def accepted(outcomes: Outcomes) -> str:
    """Say how many were accepted."""
    return f"{sum(o.accepted for o in outcomes)}/{len(outcomes)}"


def draw(name: str, axis: Axis, groups: Groups, path: Path) -> None:
    """Draw an axis: the medians, filled where all were accepted, beside them how many were where not all."""
    figure, axes = pyplot.subplots(figsize=(6.4, 3.6), layout="constrained")
    for task, colour in zip(axis.tasks, COLOURS, strict=False):
        found = {size: groups.get((name, task, size), ()) for size in axis.sizes}
        medians = {size: s for size, outcomes in found.items() if (s := seconds(outcomes)) is not None}
        axes.plot(list(medians), list(medians.values()), color=colour, linewidth=1.5, label=task)
        for size, height in medians.items():
            _mark(axes, size, height, found[size], colour)
    if name != "nesting":
        axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(axis.sizes, [f"{size:,}" for size in axis.sizes])
    axes.minorticks_off()
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xlabel(axis.label)
    axes.set_ylabel("CPU seconds of a compile")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", linewidth=0.4, alpha=0.6)
    axes.legend(frameon=False)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def _mark(axes: Axes, size: int, height: float, outcomes: Outcomes, colour: str) -> None:
    whole = all(o.accepted for o in outcomes)
    axes.plot([size], [height], marker="o", color=colour, markerfacecolor=colour if whole else "white")
    if not whole:
        axes.annotate(
            accepted(outcomes), (size, height), (6, -10), textcoords="offset points", color=colour, fontsize=8
        )


def table(name: str, axis: Axis, groups: Groups) -> str:
    """Tell an axis in Markdown."""
    lines = [
        f"| task | {axis.label} | parameters | accepted | CPU s | MB | found, or why not |",
        "|---|" + "--:|" * 5 + "---|",
    ]
    for task in axis.tasks:
        for size in axis.sizes:
            if outcomes := groups.get((name, task, size)):
                lines.append(_line(task, size, outcomes))
    return "\n".join(lines)


def _line(task: str, size: int, outcomes: Outcomes) -> str:
    parameters = [o.parameters for o in outcomes if o.parameters is not None]
    megabytes = [o.megabytes for o in outcomes if o.megabytes is not None]
    time = seconds(outcomes)
    cells = [
        task,
        f"{size:,}",
        f"{max(parameters):,}" if parameters else "",
        accepted(outcomes),
        "" if time is None else f"{time:.1f}",
        f"{max(megabytes):,}" if megabytes else "",
        "; ".join(dict.fromkeys(map(_found, outcomes))),
    ]
    return "| " + " | ".join(cells) + " |"


def _found(outcome: Outcome) -> str:
    if not outcome.accepted:
        return outcome.why.replace("|", "\\|")
    body = (outcome.program or "").strip().splitlines()[1:]  # without the line of the inputs
    return "`" + "; ".join(body).removeprefix("return ").replace("|", "\\|") + "`"


def told(text: str, name: str, written: str) -> str:
    """Put a table after an axis's picture, in the place of the one that is there."""
    before, mark, after = text.partition(f"(scaling-{name}.svg)\n\n")
    if not mark:
        raise SystemExit(
            f"scaling.md: no picture scaling-{name}.svg with a blank line after it; put it where the table goes"
        )
    while after.startswith("|"):
        after = after.partition("\n")[2]
    return before + mark + written + "\n" + ("\n" if after.strip() and not after.startswith("\n") else "") + after


def main() -> None:
    """Draw and tell all axes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--docs", type=Path, default=RESULTS.parent)
    options = parser.parse_args()
    matplotlib.use("svg")
    matplotlib.rcParams |= {"svg.hashsalt": "scaling", "svg.fonttype": "none", "font.family": "sans-serif"}
    groups = grouped(read_results(options.results))
    page = options.docs / "scaling.md"
    text = page.read_text()
    for name, axis in AXES.items():
        draw(name, axis, groups, options.docs / f"scaling-{name}.svg")
        text = told(text, name, table(name, axis, groups))
    page.write_text(text)


if __name__ == "__main__":
    main()
