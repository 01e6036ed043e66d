"""No regular expression of ours uses what Python 3.11.2 gets wrong."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import sseml

SOURCE = Path(sseml.__file__).parent
_WRONG_IN_3_11_2 = ("POSSESSIVE_REPEAT", "ATOMIC_GROUP")
"""In 3.11.2, `re.match("(?:ab?c)*+", "aca").span()` is (0, 3)."""


def literals(module: Path) -> Iterator[str]:
    """Every string of a module that is no docstring; what an f-string inserts becomes a group."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    prose = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            pieces = (
                piece.value if isinstance(piece, ast.Constant) else "(?:x)" for piece in node.values
            )
            yield "".join(map(str, pieces))


def operations(pattern: str) -> str:
    try:
        return repr(re._parser.parse(pattern))  # type: ignore[attr-defined]
    except (re.error, OverflowError, RecursionError):
        return ""


def test_no_pattern_is_possessive_or_atomic() -> None:
    found = [
        (module.name, literal)
        for module in sorted(SOURCE.rglob("*.py"))
        for literal in literals(module)
        if any(name in operations(literal) for name in _WRONG_IN_3_11_2)
    ]
    assert not found


@pytest.mark.parametrize("pattern", ["(?:ab?c)*+", "a++b", "a?+", "a{2,3}+", "(?>a|ab)c"])
def test_the_search_sees_them(pattern: str) -> None:
    assert any(name in operations(pattern) for name in _WRONG_IN_3_11_2)
