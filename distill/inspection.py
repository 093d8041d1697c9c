"""What the compiler sees of a model, without compiling it: the work of `distill inspect`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from distill.certificate import network_part
from distill.console import plain, result
from distill.question import Question, ask
from dsl.types import Axis
from verify.subject import EVERY

if TYPE_CHECKING:
    from distill.commands import Job
    from dsl.terms import Input
    from verify.subject import Site

HEADS = ("head", "queries", "share", "looks at")
_LONGEST = 60  # characters of a list of symbols that is shown whole


def inspect(job: Job, attention: bool = False) -> dict[str, Any]:
    """Load a model and give what is known of it, ready for JSON; raises BadInput where it or its bundle is wrong.

    attention: run it and read its heads, too.
    """
    question = ask(job.model, dict(job.flags), device=job.device, trust=job.trust)
    readout, domain = question.readout, question.domain
    found = {
        "network": {**network_part(question), "positions": question.room},
        "signature": {"inputs": [_input(i) for i in domain.inputs], "output": _output(question)},
        "domain": {"description": domain.describe(), **domain.render()},
        "output": {"readout": readout.name, "at": readout.at, "symbols": list(readout.symbols)},
        "parameters": _parameters(question),
        "state": _state(question, job.seed),
        "sites": [_site(site) for site in question.subject.sites],
    }
    if attention:
        from distill.heads import heads_part  # what it takes to search is slow to import

        found["attention"] = heads_part(question, job.seed)
    return found


def _input(column: Input) -> str:
    return f"{column.name}: {column.type.kind.name.lower()}{' a position' if column.type.axis is Axis.POSITION else ''}"


def _output(question: Question) -> str:
    """Give what comes out, in words."""
    kind = "set of symbols" if question.readout.name == "multilabel" else question.kind.name.lower()
    return {"each": f"{kind} a position", "last": f"{kind} at the last position", "whole": kind}[question.readout.at]


def _parameters(question: Question) -> dict[str, int]:
    """Count the learnt numbers module by module."""
    counts = Counter[str]()
    for name, parameter in question.subject.module.named_parameters():
        counts[name.rpartition(".")[0]] += parameter.numel()
    return dict(counts)


def _state(question: Question, seed: int) -> dict[str, Any] | None:
    """Give the sites that carry all that is known of earlier steps, None where none do."""
    if not any(site.call == EVERY for site in question.subject.sites):
        return None
    from distill.recurrence import PAIRS, find_recurrence  # which imports torch

    rng = np.random.default_rng(seed)
    found = find_recurrence(question, question.domain.sample(PAIRS, rng), rng)
    return found and {"sites": [str(site) for site in found.sites], "units": found.width}


def _site(site: Site) -> dict[str, Any]:
    return {"site": str(site), "kind": site.kind, "shape": list(site.shape)}


def show(found: Mapping[str, Any]) -> None:
    """Print what `inspect` gave: as tables on a terminal, plain otherwise; the heads, where they were read, alone."""
    facts = list(_facts(found))
    tables = _heads(found["attention"]) if "attention" in found else _inside(found)
    if sys.stdout.isatty():
        _tables(facts, tables)
        return
    lines = [f"{name:<12}{value}" for name, value in facts]
    for title, header, rows in tables:
        lines += ["", title, *(_columns([header, *rows] if len(header) > 2 else rows) if rows else ["  none"])]
    result(plain("\n".join(lines)))


Table = tuple[str, Sequence[str], Sequence[Sequence[str]]]  # title, header, rows


def _inside(found: Mapping[str, Any]) -> list[Table]:
    sites = [(s["site"], s["kind"], " x ".join(map(str, s["shape"]))) for s in found["sites"]]
    counts = [(name or "(itself)", f"{count:,}") for name, count in found["parameters"].items()]
    return [("parameters", ("module", "count"), counts), ("sites", ("site", "kind", "shape"), sites)]


def _heads(attention: Mapping[str, Any]) -> list[Table]:
    heads = [
        (
            f"{h['site']} {h['head']}",
            h["queries"],
            "" if h["share"] is None else f"{h['share']:.3f}",
            h["looks_at"] or "-",
        )
        for h in attention["heads"]
    ]
    found = [(f["site"], f"{f['share']:.3f}", f["words"]) for f in attention["found"]]
    return [
        ("where heads look (share: of their weights that an even look there explains)", HEADS, heads),
        ("what is found there (share: of its variance, linear in the activations)", ("site", "share", "value"), found),
    ]


def _facts(found: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    network, domain, output = found["network"], found["domain"], found["output"]
    yield "network", f"{network['kind']}, {network['parameters']:,} parameters ({network['file']})"
    yield "sha256", network["digest"]
    yield "inputs", ", ".join(found["signature"]["inputs"]) or domain["kind"]
    yield "output", f"{found['signature']['output']} ({output['readout']}, at {output['at']})"
    if output["symbols"]:
        yield "symbols", _cut(", ".join(map(repr, output["symbols"])))
    yield "domain", domain["description"]
    size = domain["size"]
    yield (
        "size",
        "not finite" if size is None else f"{size:,} inputs" if size < 10**15 else f"about 10^{len(str(size)) - 1}",
    )
    yield "causal", "yes" if network["causal"] else "no"
    if state := found["state"]:
        yield "state", f"{', '.join(state['sites'])}, called once a step, {state['units']} units, complete"
    if domain.get("length") or output["at"] != "whole":
        yield "positions", "any number" if network["positions"] is None else f"at most {network['positions']}"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Set rows as columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  " + "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows]


def _tables(facts: Sequence[Sequence[str]], tables: Sequence[Table]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table as Drawn

    console = Console()
    for title, header, rows in (("", ["", ""], facts), *tables):
        table = Drawn(*header, title=title or None, title_justify="left", show_header=bool(title))
        for row in rows:
            table.add_row(*(escape(plain(cell)) for cell in row))
        console.print(table)
