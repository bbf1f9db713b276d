"""Every error of the neural engines says what to do about it, as a command."""

import ast
from pathlib import Path

import pytest
from tests.support.next_steps import COMMAND

import ocroute

ROOT = Path(ocroute.__file__).parent
COMMANDS = {"command", "again", "install_step", "INSTALL", "DOCTOR"}
"""Names of what gives a command."""

RAISED = {"EngineUnavailable", "EngineError", "EngineCrashed", "NotFinite", "Overflow"}
MODULES = sorted(
    [
        *(ROOT / "engines" / "neural").rglob("*.py"),
        *(ROOT / "models").rglob("*.py"),
        *(path for path in (ROOT / "engines").glob("*.py") if "NeuralEngine" in path.read_text(encoding="utf-8")),
    ]
)


def strings(node, known):
    """All text in an expression, that of the module's constants and of functions in it included."""
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value
        elif isinstance(part, ast.Name) and part.id in known:
            yield from strings(known.pop(part.id), known)
        if (part.attr if isinstance(part, ast.Attribute) else getattr(part, "id", "")) in COMMANDS:
            yield "ocroute read"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_error_names_a_command(module):
    tree = ast.parse(module.read_text(encoding="utf-8"))
    known = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            known.setdefault(node.targets[0].id, node.value)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
            known.update({name.id: node.value for name in node.targets[0].elts if isinstance(name, ast.Name)})
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in RAISED):
            continue
        step = next((word.value for word in call.keywords if word.arg == "next_step"), None)
        where = f"{module}:{call.lineno}"
        assert step is not None, where
        passed_on = any(isinstance(part, ast.Attribute) and part.attr == "next_step" for part in ast.walk(step))
        assert passed_on or COMMAND.search(" ".join(strings(step, dict(known)))), where
