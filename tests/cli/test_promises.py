"""What the README, the documents and `.ci/run` say of the command is true."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sseml._version import __version__
from sseml.cli.app import build_parser

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DOCUMENTS = [README, *sorted((ROOT / "docs").glob("*.md"))]


def commands_in(text: str) -> list[str]:
    blocks = re.findall(r"```bash\n(.*?)```", text, flags=re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.replace("\\\n", "").splitlines()]
    return [line for line in lines if line.startswith("sseml ")]


def readme_command(name: str) -> str:
    block = re.search(
        rf"<!-- {name}:begin -->\n```bash\n(.*)\n```\n<!-- {name}:end -->",
        README.read_text("utf-8"),
    )
    assert block, f"README.md holds no {name}"
    return block[1]


def parses(command: str) -> None:
    words = shlex.split(command, comments=True)
    cut = [words.index(sign) for sign in ("|", "<", ">") if sign in words]
    build_parser().parse_args(words[1 : min(cut, default=len(words))])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_of_the_documents_is_one(document: Path) -> None:
    for command in commands_in(document.read_text("utf-8")):
        parses(command)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_formula_the_documents_predict_is_answered(document: Path, run: Any) -> None:
    for command in commands_in(document.read_text("utf-8")):
        words = shlex.split(command, comments=True)[1:]
        if words[0] == "predict" and not {"-i", "--bundle"} & {*words}:
            assert run(*words).code == 0, command


SHOWN = [
    (document, command, output)
    for document in DOCUMENTS
    for block in re.findall(r"(?ms)^```\n(\$ .*?)^```$", document.read_text("utf-8"))
    for command, output in re.findall(r"^\$ sseml (.*)\n((?:[^$].*\n)+)", block, re.MULTILINE)
]


def printed(output: str, shown: str) -> bool:
    """Whether what a document shows stands in the output, in order; `⋮` leaves lines out."""
    position = 0
    for part in f"\n{shown}".split("\n⋮"):
        position = f"\n{output}".find(part, position)
        if position < 0:
            return False
        position += len(part)
    return True


@pytest.mark.parametrize(
    ("document", "command", "shown"),
    SHOWN,
    ids=[f"{document.name}: {command[:30]}" for document, command, _ in SHOWN],
)
def test_the_documents_show_what_the_commands_print(
    document: Path, command: str, shown: str, run: Any
) -> None:
    ran = run(*shlex.split(command))
    assert (ran.code, printed(ran.out, shown)) == (0, True), document


def test_window_compat_and_explain_are_shown() -> None:
    shown = {command.split()[0] for _, command, _ in SHOWN}
    assert {"predict", "window", "compat", "explain"} <= shown


def test_the_readme_shows_what_its_main_command_prints(run: Any) -> None:
    [shown] = re.findall(
        r"main-command:end -->\n\n```\n(.*?)```", README.read_text("utf-8"), re.DOTALL
    )
    argv = shlex.split(readme_command("main-command").split("&&")[-1])
    ran = run(*argv[1:])
    assert (ran.code, printed(ran.out, shown)) == (0, True)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_between_the_documents_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", document.read_text("utf-8")):
        assert "://" in target or (document.parent / target).exists(), target


def test_the_index_lists_every_page() -> None:
    index = ROOT / "docs" / "index.md"
    listed = set(re.findall(r"\]\(([^)]+\.md)\)", index.read_text("utf-8")))
    pages = {str(page.relative_to(index.parent)) for page in index.parent.rglob("*.md")}
    assert pages - {"index.md"} <= listed


COMMANDS = ("predict", "train", "evaluate", "run", "data", "models", "names", "families")


@pytest.mark.parametrize("argv", [[], *([command] for command in COMMANDS)])
def test_every_example_of_the_help_is_a_command(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        build_parser().parse_args([*argv, "--help"])
    examples = capsys.readouterr().out.split("examples:")[1]
    found = re.findall(r"^  (?:.*\| )?(sseml .*?)(?:  .*)?$", examples, flags=re.MULTILINE)
    assert found
    for command in found:
        parses(command)


def test_ci_runs_the_test_command_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    function = re.search(r"^readme_command\(\) \{.*?^\}", script, re.DOTALL | re.MULTILINE)
    assert function
    assert "readme_command test-command" in script
    extracted = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"{function[0]}\nreadme_command test-command"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    assert extracted == readme_command("test-command")
    assert extracted.endswith("pytest")


def test_the_main_command_predicts_the_example_list() -> None:
    argv = shlex.split(readme_command("main-command").split("&&")[-1])
    arguments = build_parser().parse_args(argv[1:])
    assert (ROOT / arguments.input).is_file()


def test_one_version_everywhere() -> None:
    cited = re.search(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.MULTILINE)
    assert cited
    assert cited[1] == __version__
