"""The command as a process of its own: pipes, locales, signals, and what it imports."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sseml.cli.app import COMMANDS, build_parser, main

SSEML = [sys.executable, "-m", "sseml"]
HEAVY = (
    "sklearn", "matminer", "mlflow", "pandas", "scipy", "xgboost", "lightgbm", "pymatgen",
    "highspy",
)  # fmt: skip


def test_a_short_prediction_imports_no_learner_and_no_pandas() -> None:
    program = (
        "import sys; from sseml.cli import main; code = main(['predict', 'Li3YCl6']);"
        f"print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr); sys.exit(code)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stderr == "[]\n"


def test_a_short_prediction_imports_little() -> None:
    """Each of these takes 1 to 10 ms, of the 150 that a formula takes; NumPy may import some."""
    seldom_needed = (
        "pyarrow", "dataclasses", "importlib.resources", "tempfile", "random",
        "traceback", "html", "decimal", "hashlib", "logging", "concurrent.futures",
        "multiprocessing", "sseml.parallel", "sseml.screen.parts", "sseml.report",
    )  # fmt: skip
    program = (
        "import sys, numpy; of_numpy = set(sys.modules);"
        "from sseml.__main__ import program; sys.argv = ['sseml', 'predict', 'Li3YCl6'];"
        f"code = program(); own = set({seldom_needed!r}) & set(sys.modules) - of_numpy;"
        "print(sorted(own), file=sys.stderr); sys.exit(code)"
    )
    subprocess.run([*SSEML, "predict", "Li3YCl6"], capture_output=True, check=True)  # remembered
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stderr == "[]\n"


def test_help_reads_no_bundle_and_imports_no_learner() -> None:
    program = (
        "import sys; from sseml.cli.app import build_parser; build_parser();"
        f"print([m for m in {('pyarrow', *HEAVY)!r} if m in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout == "[]\n"


def test_output_is_utf8_in_any_locale() -> None:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("LC_")}
    environment = plain | {"LANG": "C", "LC_ALL": "C", "PYTHONIOENCODING": "ascii",
                           "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}  # fmt: skip
    argv = [*SSEML, "predict", "-i", "-", "--format", "jsonl"]
    ran = subprocess.run(
        argv, input="Li₃InCl₆\n".encode(), capture_output=True, env=environment, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout.decode("utf-8"))["input"] == "Li₃InCl₆"


def test_a_closed_pipe_is_no_drama() -> None:
    lines = b"Li6PS5Cl\n" * 20_000
    command = subprocess.Popen(
        [*SSEML, "predict", "-i", "-", "--format", "jsonl"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert command.stdin is not None
    assert command.stdout is not None
    assert command.stderr is not None
    try:
        command.stdin.write(lines[:60_000])  # less than a pipe holds
        command.stdin.close()
        assert json.loads(command.stdout.readline())["input"] == "Li6PS5Cl"
        command.stdout.close()
        assert command.stderr.read() == b""
        assert command.wait(timeout=120) == 141
    finally:
        command.kill()
        command.stderr.close()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX shell")
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ("predict Li3N >&-", 2, "output: not writable"),
        ("predict Li3N -o answers.csv >&-", 0, ""),
        ("predict -i - <&-", 0, "the input holds no formula"),
        ("predict Li3N --bogus 2>&-", 2, ""),
    ],
)
def test_a_stream_the_shell_closed_is_no_crash(arguments, code, said, tmp_path) -> None:
    command = f"'{sys.executable}' -m sseml {arguments}"
    ran = subprocess.run(
        command, shell=True, capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert ran.returncode == code
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr


def started(*arguments: str, **streams: int) -> subprocess.Popen[bytes]:
    """Start the command so that it hears Ctrl-C, whatever the tests themselves were started by.

    A shell ignores the signal for what it runs in the background, and children inherit that.
    """
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen([*SSEML, *arguments], stderr=subprocess.PIPE, **streams)
    finally:
        signal.signal(signal.SIGINT, inherited)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_stopped_from_the_keyboard_is_exit_code_130() -> None:
    command = started(
        "predict", "-i", "-", "--format", "jsonl", stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        time.sleep(3.0)  # now it waits for its input
        command.send_signal(signal.SIGINT)
        _, err = command.communicate(timeout=60)
        assert command.returncode == 130
        assert b"Traceback" not in err
    finally:
        command.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_stopped_in_the_middle_of_a_file_leaves_nothing_behind(tmp_path) -> None:
    table = tmp_path / "many.csv"
    table.write_text("formula\n" + "Li6PS5Cl\n" * 200_000)
    command = started("predict", "-i", str(table), "-o", str(tmp_path / "answers.csv"))
    try:
        while command.poll() is None and len(list(tmp_path.iterdir())) == 1:
            time.sleep(0.1)
        time.sleep(0.5)
        command.send_signal(signal.SIGINT)
        _, err = command.communicate(timeout=60)
        assert command.returncode == 130
        assert err == b"sseml: stopped\n"
        assert list(tmp_path.iterdir()) == [table]
    finally:
        command.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_stopped_while_a_class_is_made_is_exit_code_130_too(tmp_path) -> None:
    (tmp_path / "interrupted.py").write_text(
        "import os, signal, sys\n"
        "from sseml.cli import app\n"
        "def interrupt(asked):\n"
        "    exec('os.kill(os.getpid(), signal.SIGINT)\\nwhile True: pass')\n"
        "app.build_parser = interrupt\n"
        "sys.exit(app.program())\n"
    )
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "interrupted"],
            cwd=tmp_path,
            capture_output=True,
            check=False,
            timeout=60,
        )
    finally:
        signal.signal(signal.SIGINT, inherited)
    assert (ran.returncode, ran.stderr) == (130, b"sseml: stopped\n")


def test_only_the_command_that_is_asked_for_is_imported() -> None:
    program = (
        "import sys; sys.argv = ['sseml', 'names', 'LLZO']; from sseml.cli.app import main;"
        "assert main() == 0; print(sorted(m for m in sys.modules if m == 'numpy' or m in"
        " ('sseml.cli.predict', 'sseml.cli.serve', 'sseml.cli.data')), file=sys.stderr)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stderr == "[]\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_added_by_the_module_that_is_named(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser(command).parse_args([command, "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: sseml {command} ")


def test_a_command_that_is_none_is_told_all_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predikt"]) == 2
    said = capsys.readouterr().err
    assert all(repr(command) in said for command in COMMANDS)


def test_arrays_are_first_imported_on_one_thread() -> None:
    program = (
        "import os, sys; from importlib.abc import MetaPathFinder\n"
        "class Watch(MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'numpy':\n"
        "            print(os.environ.get('OPENBLAS_NUM_THREADS'), file=sys.stderr)\n"
        "sys.meta_path.insert(0, Watch())\n"
        "from sseml.cli.app import main\n"
        "main(['predict', 'Li6PS5Cl', '--no-window'])\n"
    )
    plain = {name: value for name, value in os.environ.items() if "NUM_THREADS" not in name}
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=plain
    )
    assert ran.stderr == "1\n"


def test_a_short_list_that_was_asked_before_needs_no_arrow(tmp_path: Path) -> None:
    program = (
        "import sys; from sseml.cli.app import main; code = main(['predict', 'Li6PS5Cl']);"
        "print('pyarrow' in sys.modules, file=sys.stderr); sys.exit(code)"
    )
    own = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}
    first, second = (
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=own
        )
        for _ in range(2)
    )
    assert (first.stderr, second.stderr) == ("True\n", "False\n")
    assert first.stdout == second.stdout
