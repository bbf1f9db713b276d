"""Tests that cannot fail, and test files that lean on one another."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
FILES = sorted(TESTS.rglob("test_*.py"))
JUDGING = ("until", "failure", "alike", "expect")
"""Helpers with an assertion in them, beside pytest's own; an example of the documentation brings its own."""


def can_fail(test: ast.FunctionDef) -> bool:
    """Whether it asserts something, itself or by a function that is there for it."""
    called = [ast.unparse(node.func) for node in ast.walk(test) if isinstance(node, ast.Call)]
    return any(isinstance(node, ast.Assert) for node in ast.walk(test)) or any(
        name in ("pytest.raises", "pytest.warns", *JUDGING) or name.rpartition(".")[2].startswith("assert_")
        for name in called
    )


def found_in(path: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]


@pytest.mark.parametrize(("source", "expected"), [("assert x", True), ("until(x)", True), ("read(x)", False)])
def test_what_asserts_is_told_from_what_only_runs(source: str, expected: bool) -> None:
    (test,) = ast.parse(f"def test_it():\n    {source}").body
    assert isinstance(test, ast.FunctionDef)
    assert can_fail(test) is expected


def test_every_test_can_fail() -> None:
    assert len(FILES) > 200
    found = [
        f"{path.relative_to(TESTS)}: {test.name}" for path in FILES for test in found_in(path) if not can_fail(test)
    ]
    assert found == []


def test_no_test_file_imports_another() -> None:
    imports = [
        (path, name)
        for path in TESTS.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [])
    ]
    assert [(path.name, name) for path, name in imports if "test_" in name] == []
