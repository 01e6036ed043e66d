"""Standard output belongs to the results, whatever is printed and however a command ends."""

from __future__ import annotations

import csv
import ctypes
import fcntl
import io
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path

import pytest
from pyarrow import parquet

import sseml
from sseml.cli import lists, main
from sseml.cli.streams import standard_output

SSEML = [sys.executable, "-m", "sseml"]
ASKED = ["Li6PS5Cl", "Li3YCl6 T=60", "no formula"]

NOISE = """
import ctypes, os, sys, threading, time

def noise():
    print("NOISE print")
    if sys.__stdout__ is not None:
        sys.__stdout__.write("NOISE held back by Python")
    os.write(1, b"NOISE write\\n")
    libc = ctypes.CDLL(None)
    libc.puts(b"NOISE puts, flushed")
    libc.fflush(None)
    libc.puts(b"NOISE puts, held back by C")

ended = threading.Event()
threads = []

def go_on():
    while not ended.is_set():
        print("NOISE thread", flush=True)
        os.write(1, b"NOISE thread writes\\n")
        time.sleep(0.002)

def last():
    ended.set()  # Python aborts if a thread still holds a stream when it shuts down
    for thread in threads:
        thread.join()
    noise()

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "sseml.prediction":
            sys.meta_path.remove(self)
            noise()
            threads.append(threading.Thread(target=go_on, daemon=True))
            threads[0].start()

sys.meta_path.insert(0, Finder())
import atexit
atexit.register(last)
"""


@pytest.fixture
def noisy(tmp_path: Path) -> dict[str, str]:
    """An environment in which a module that predicting imports prints in every way there is."""
    folder = tmp_path / "noisy"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(NOISE)
    return {**os.environ, "PYTHONPATH": str(folder)}


@pytest.mark.parametrize("format_", ["jsonl", "csv", "parquet", "table"])
def test_nothing_but_results_reaches_standard_output(format_, noisy) -> None:
    argv = [*SSEML, "predict", *ASKED, "--format", format_]
    quiet = subprocess.run(argv, capture_output=True, check=False)
    loud = subprocess.run(argv, capture_output=True, env=noisy, check=False)
    assert (quiet.returncode, loud.returncode) == (1, 1)
    assert loud.stdout == quiet.stdout
    for sort in ("print", "held back by Python", "write", "puts, flushed", "puts, held back by C"):
        assert f"NOISE {sort}" in loud.stderr.decode()
    match format_:
        case "jsonl":
            rows = [json.loads(line) for line in loud.stdout.splitlines()]
        case "csv":
            rows = list(csv.DictReader(io.StringIO(loud.stdout.decode())))
        case "parquet":
            rows = parquet.read_table(io.BytesIO(loud.stdout)).to_pylist()
        case _:
            return
    assert [row["status"] for row in rows] == ["ok", "ok", "error"]


@pytest.mark.parametrize("streams", [">&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_what_is_printed_while_streams_are_closed_is_not_in_the_file(
    streams, noisy, tmp_path
) -> None:
    answers = tmp_path / "answers.jsonl"
    command = f"'{sys.executable}' -m sseml predict Li6PS5Cl -o '{answers}' {streams}"
    ran = subprocess.run(command, shell=True, env=noisy, capture_output=True, check=False)
    assert ran.returncode == 0
    assert json.loads(answers.read_text())["status"] == "ok"


def test_a_table_is_as_wide_as_the_terminal_that_shows_it(tmp_path) -> None:
    widths = []
    for columns in (130, 220):
        parent, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        argv = [*SSEML, "compat", "Li6PS5Cl", "--with", "NMC811"]
        with (tmp_path / "said").open("wb") as said:  # standard error is no terminal
            command = subprocess.Popen(argv, stdout=child, stderr=said)
        os.close(child)
        shown = b""
        try:
            while block := os.read(parent, 65536):
                shown += block
        except OSError:  # how Linux says that the other end is closed
            pass
        os.close(parent)
        assert command.wait(60) == 0
        widths.append(max(map(len, shown.decode().splitlines())))
    assert widths[0] < widths[1]


def _prints(*_: object, **__: object) -> None:
    print("NOISE")  # noqa: T201 - what this is about
    os.write(1, b"NOISE\n")
    ctypes.CDLL(None).puts(b"NOISE")


def test_a_caller_in_the_same_process_gets_its_streams_back(capfd, monkeypatch) -> None:
    words = lists._with_words

    def loud(*arguments):
        _prints()
        return words(*arguments)

    monkeypatch.setattr(lists, "_with_words", loud)
    before = sys.stdout, sys.stderr, signal.getsignal(signal.SIGTERM)
    assert main(["names", "LGPS", "Li10GeP2S12", "--format", "jsonl"]) == 0
    assert (sys.stdout, sys.stderr, signal.getsignal(signal.SIGTERM)) == before
    assert standard_output() is sys.stdout
    said = capfd.readouterr()
    assert [json.loads(line)["name"] for line in said.out.splitlines()] == ["LGPS"]
    assert said.err.count("NOISE") == 3
    _prints()
    sys.stdout.flush()
    ctypes.CDLL(None).fflush(None)
    assert capfd.readouterr().out.count("NOISE") == 3


def test_a_notebook_that_takes_text_alone_gets_the_results(monkeypatch) -> None:
    cell = io.StringIO()
    monkeypatch.setattr(sys, "stdout", cell)
    assert main(["names", "LGPS", "--format", "csv"]) == 0
    assert cell.getvalue().startswith("name,")
    assert main(["predict", "Li3N", "--format", "parquet"]) == 2
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(main(["names", "LLZO"])))
    thread.start()
    thread.join()
    assert codes == [0]


@pytest.mark.parametrize(
    "fault", [ValueError("of ours"), MemoryError(), RecursionError(), SystemExit(1), KeyError(3)]
)
def test_a_crash_has_an_exit_code_of_its_own(fault, run, monkeypatch) -> None:
    def fails(*_: object) -> None:
        raise fault

    monkeypatch.setattr("sseml.model.loading.load_bundle", fails)
    ran = run("predict", "Li3N")
    assert (ran.code, ran.out) == (70, "")
    assert type(fault).__name__ in ran.err
    assert "Traceback" in ran.err
    assert "please report it" in ran.err.splitlines()[-1]


def test_a_bug_still_raises_in_python(monkeypatch) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("sseml.model.loading.load_bundle", fails)
    with pytest.raises(ZeroDivisionError):
        sseml.predict(["Li3N"])


def test_a_broken_installation_is_no_refusal_either() -> None:
    program = (
        "import sys; sys.modules['argparse'] = None;"
        "from sseml.__main__ import program; sys.exit(program())"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert ran.returncode == 70


def test_a_signal_that_python_swallows_in_a_callback_comes_again() -> None:
    program = (
        "import os, signal, time, weakref\n"
        "from sseml.cli.app import heeding_signals\n"
        "from sseml.cli.command import Ended\n"
        "class Lock: pass\n"
        "lock = Lock()\n"
        "held = weakref.ref(lock, lambda _: os.kill(os.getpid(), signal.SIGTERM))\n"
        "try:\n"
        "    with heeding_signals():\n"
        "        del lock\n"
        "        time.sleep(20)\n"
        "except Ended as ended:\n"
        "    print(ended.code)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=15, check=False
    )
    assert (ran.stdout, ran.stderr) == ("143\n", "")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_told_to_end_in_the_middle_of_a_file_leaves_nothing_behind(number, code, tmp_path) -> None:
    table = tmp_path / "many.csv"
    table.write_text("formula\n" + "Li6PS5Cl\n" * 200_000)
    inherited = signal.signal(number, signal.SIG_DFL)  # `nohup` has what it starts ignore one
    try:
        command = subprocess.Popen(
            [*SSEML, "predict", "-i", str(table), "-o", str(tmp_path / "answers.csv")],
            stderr=subprocess.PIPE,
        )
    finally:
        signal.signal(number, inherited)
    try:
        while command.poll() is None and len(list(tmp_path.iterdir())) == 1:
            time.sleep(0.1)
        command.send_signal(number)
        _, said = command.communicate(timeout=60)
    finally:
        command.kill()
    assert (command.returncode, said) == (code, b"sseml: ended\n")
    assert list(tmp_path.iterdir()) == [table]


def test_a_file_may_have_the_longest_name_there_is(run, tmp_path) -> None:
    longest = os.pathconf(tmp_path, "PC_NAME_MAX")
    answers = tmp_path / f"{'ä' * ((longest - 6) // 2)}.jsonl".encode()[-longest:].decode()
    ran = run("predict", "Li3N", "-o", answers)
    assert (ran.code, ran.err) == (0, "")
    assert list(tmp_path.iterdir()) == [answers]
    ran = run("predict", "Li3N", "-o", tmp_path / f"{'a' * longest}.csv")
    assert (ran.code, "File name too long" in ran.err) == (2, True)


def test_a_picture_may_have_the_longest_name_there_is(run, tmp_path) -> None:
    longest = os.pathconf(tmp_path, "PC_NAME_MAX")
    picture = tmp_path / f"{'a' * (longest - 4)}.svg"
    ran = run("window", "Li6PS5Cl", "--plot", picture)
    assert (ran.code, list(tmp_path.iterdir())) == (0, [picture])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("form", ["table", "jsonl"])
def test_a_full_disk_behind_standard_output_is_said_once_and_is_no_fault(form: str) -> None:
    with Path("/dev/full").open("w") as full:
        asked = [*SSEML, "predict", "Li3YCl6", "--no-window", "--format", form]
        done = subprocess.run(asked, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "sseml: output: No space left on device\n")
