"""README.ru.md says the same commands as README.md, in the same order."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def commands(name):
    """The indented lines of a README, without what stands behind ``#``."""
    lines = (ROOT / name).read_text("utf-8").splitlines()
    return [re.split(r"\s+# ", line)[0].strip() for line in lines if line.startswith("    ") and line.strip()]


def test_every_command_of_one_is_in_the_other():
    english = [line for line in commands("README.md") if not re.search("─|└|▲", line)]
    assert commands("README.ru.md") == english


def test_links_lead_to_files_that_are_here():
    links = re.findall(r"\]\(([^)#]+)", (ROOT / "README.ru.md").read_text("utf-8"))
    assert [link for link in links if not link.startswith("http") and not (ROOT / link).exists()] == []
