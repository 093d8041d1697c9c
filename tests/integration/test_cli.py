"""The command line: usage, what is written where, exit statuses, interruptions, faults."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from distill import console, settle
from distill.errors import BadInput
from distill.manifest import KEYS
from tests.integration.small import both, copy, distill

COMMANDS = ("compile", "verify", "inspect")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Work in an empty folder."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


@pytest.fixture
def network(tmp_path: Path) -> Path:
    return both(tmp_path / "both")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["compile", "--help"]])
def test_help_does_not_wait_for_torch(arguments: list[str]):
    code = f"import sys; from distill.cli import run; run({arguments}); sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_key_of_the_manifest_is_a_flag(command: str, capsys: pytest.CaptureFixture[str]):
    assert distill(command, "--help") == 0
    said = capsys.readouterr().out
    assert all(f"--{name} " in said for name in KEYS)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["compil", "x"], "Did you mean"),
        (["compile"], "MODEL requires an argument"),
        (["compile", "x", "--bugdet", "3"], "Unknown option: --bugdet. Did you mean --budget?"),
        (["compile", "x", "--budget", "soon"], "Invalid value for --budget"),
        (["compile", "x", "--budget", "0"], "--budget: found 0.0, expected a positive number of seconds"),
        (["compile", "x", "--budget", "nan"], "--budget: found nan"),
        (["compile", "x", "--seed", "1.5"], "Invalid value for --seed"),
        (["compile", "x", "--seed", "-1"], "--seed: found -1"),
        (["compile", "x", "--device", "tpu"], "Invalid value"),
        (["compile", "x", "y"], "Unused Tokens: ['y']"),
        (["verify", "x"], "MODEL requires an argument"),
    ],
)
def test_bad_usage(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]):
    assert distill(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("distill: ")
    assert err.count("\n") == 1
    assert said in err


def test_a_program_and_its_certificate_are_written(network: Path, capsys: pytest.CaptureFixture[str]):
    assert distill("compile", network, "--trust", "-o", "out.py", "--report", "out.html", "--json") == 0
    out, err = capsys.readouterr()
    certificate = json.loads(out)
    assert certificate == json.loads(Path("out.certificate.json").read_text())
    assert certificate["program"]["source"] == Path("out.py").read_text()
    assert certificate["behaviour"]["claim"] == "exact"
    assert list(certificate) == [
        "program",
        "network",
        "domain",
        "output",
        "behaviour",
        "mechanism",
        "reach",
        "reproduce",
    ]
    assert err == "what the code of a bundle prints\n"
    assert sorted(os.listdir()) == ["out.certificate.json", "out.html", "out.py"]
    page = Path("out.html").read_text()
    assert "&lt;" in page
    assert "every input of the domain (4)" in page


def test_equal_options_give_equal_bytes_under_the_models_name(network: Path, capsys: pytest.CaptureFixture[str]):
    assert distill("compile", network, "--trust") == 0
    first = Path("both.py").read_bytes()
    assert "wrote both.py, both.certificate.json" in capsys.readouterr().out
    assert distill("compile", network / "distill.toml", "--trust") == 0
    assert Path("both.py").read_bytes() == first


def test_the_default_name_does_not_overwrite_other_peoples_files(network: Path, capsys: pytest.CaptureFixture[str]):
    Path("both.py").write_text("mine = 1\n")
    assert distill("compile", network, "--trust") == 2
    assert "a file that distill did not write" in capsys.readouterr().err
    assert Path("both.py").read_text() == "mine = 1\n"
    assert distill("compile", network, "--trust", "-o", "both.py") == 0


def test_flags_override_the_manifest(network: Path, capsys: pytest.CaptureFixture[str]):
    assert distill("inspect", network, "--trust", "--json", "--low", "-1", "--high=[1, 2]", "--symbols", "x,y") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["domain"]["low"], found["domain"]["high"]) == ([-1, -1], [1, 2])
    assert found["output"]["symbols"] == ["x", "y"]


def refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verify.behaviour.Behaviour.accepted", lambda self, tolerance: False)


def test_a_refused_candidate_goes_beside(
    network: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    refuse(monkeypatch)
    Path("out.py").write_text("an earlier run's")
    assert distill("compile", network, "--trust", "-o", "out.py", "--report", "out.html") == 3
    out = capsys.readouterr().out
    assert out.startswith("no program was accepted: ")
    assert Path("out.rejected.py").read_text().rstrip() in out
    assert Path("out.py").read_text() == "an earlier run's"
    assert "No program was accepted" in Path("out.html").read_text()
    assert sorted(os.listdir()) == ["out.html", "out.py", "out.rejected.py"]


def test_a_refusal_in_json(network: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settle, "search", lambda *_, **__: [])
    assert distill("compile", network, "--trust", "-o", "out.py", "--json") == 3
    certificate = json.loads(capsys.readouterr().out)
    assert certificate["accepted"] is False
    assert "no program of the language was found" in certificate["why"]
    assert certificate["program"] is None
    assert not os.listdir()


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let Ctrl-C interrupt, also where the tests run in the background of a shell that has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize(("times", "left"), [(1, ["out.rejected.py"]), (2, [])])
def test_ctrl_c_ends_with_what_was_found_and_a_second_at_once(
    network: Path, times: int, left: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    search = settle.search

    def interrupted(*arguments, **options):
        found = search(*arguments, **options)
        for _ in range(times):
            os.kill(os.getpid(), signal.SIGINT)
        return found

    monkeypatch.setattr(settle, "search", interrupted)
    assert distill("compile", network, "--trust", "-o", "out.py") == 130
    out, err = capsys.readouterr()
    assert "interrupted" in (out if times == 1 else err)
    assert os.listdir() == left
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_terminal_is_told_what_goes_on_and_may_interrupt(tmp_path: Path):
    code = tmp_path / "slow" / "nets.py"
    copy(tmp_path / "slow")
    code.write_text("import time\ndef build(config):\n    time.sleep(60)\n")
    screen, terminal = os.openpty()
    command = [sys.executable, "-m", "distill", "compile", tmp_path / "slow", "--trust"]
    with subprocess.Popen(command, stderr=terminal, stdout=subprocess.PIPE, env=os.environ | {"TERM": "xterm"}) as run:
        os.close(terminal)
        seen = b""
        while b"s  load" not in seen:
            seen += os.read(screen, 1000)
        for _ in range(2):
            run.send_signal(signal.SIGINT)
            time.sleep(0.3)
        assert run.stdout is not None
        assert run.stdout.read() == b""
    os.close(screen)
    assert run.returncode == 130
    assert not os.listdir()


def test_faults_are_told_in_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(KeyError) as error:
        {}["a\nb"]
    monkeypatch.delenv(console.DEBUG, raising=False)
    console.fault(error.type, error.value, error.tb)
    said = capsys.readouterr().err
    assert said.startswith("distill: internal fault at test_cli.py:")
    assert "KeyError" in said
    assert said.count("\n") == 1
    monkeypatch.setenv(console.DEBUG, "1")
    console.fault(error.type, error.value, error.tb)
    assert "Traceback" in capsys.readouterr().err


def test_faults_give_status_1():
    code = "from distill import cli; cli.inspect_model = None; cli.main()"
    done = subprocess.run([sys.executable, "-c", code, "inspect", "x"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("distill: internal fault at cli.py:")
    assert done.stderr.count("\n") == 1


def test_a_reader_that_goes_away_is_no_fault(monkeypatch: pytest.MonkeyPatch):
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w") as gone:
        monkeypatch.setattr(sys, "stdout", gone)
        console.result("read by nobody")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_standard_output_is_bad_input(monkeypatch: pytest.MonkeyPatch):
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(BadInput, match="standard output: found No space left on device"):
            console.result("too much")


def test_inspect_shows_what_the_compiler_sees(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    model = copy(tmp_path / "copy")
    assert distill("inspect", model, "--trust") == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["size", "39", "inputs"] in lines
    assert ["positions", "at", "most", "16"] in lines
    assert ["causal", "yes"] in lines
    assert ["tokens", "9"] in lines
    assert ["tokens", "module", "position", "x", "3"] in lines


def test_inspect_shows_tables_on_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "200")
    assert distill("inspect", copy(tmp_path / "copy", 'vocab = ["a", "b", "[red]\\u001b[2J"]\n'), "--trust") == 0
    out = capsys.readouterr().out
    assert "[red]" in out
    assert "\x1b[2J" not in out
    assert "┃" in out
