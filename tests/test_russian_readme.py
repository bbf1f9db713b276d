"""README.ru.md and the quick start in Russian say the same commands as the English ones, in the same order."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAIRS = [("README.ru.md", "README.md"), ("docs/quick-start.ru.md", "docs/quick-start.md")]


def commands(name):
    """The indented lines of a file, without what stands behind ``#``."""
    lines = (ROOT / name).read_text("utf-8").splitlines()
    return [re.split(r"\s+# ", line)[0].strip() for line in lines if line.startswith("    ") and line.strip()]


@pytest.mark.parametrize(("russian", "english"), PAIRS)
def test_every_command_of_one_is_in_the_other(russian, english):
    assert commands(russian) == [line for line in commands(english) if not re.search("─|└|▲", line)]


@pytest.mark.parametrize("option", ["headings", "options"])
def test_the_quick_start_has_the_same_parts_and_options(option):
    pattern = {"headings": r"^#+ ", "options": r"`-[^`]*`"}[option]
    english, russian = (
        re.findall(pattern, (ROOT / name).read_text("utf-8"), re.M)
        for name in ("docs/quick-start.md", "docs/quick-start.ru.md")
    )
    assert sorted(russian) == sorted(english)


@pytest.mark.parametrize("name", [russian for russian, _ in PAIRS])
def test_links_lead_to_files_that_are_here(name):
    file = ROOT / name
    links = re.findall(r"\]\(([^)#]+)", file.read_text("utf-8"))
    assert [link for link in links if not link.startswith("http") and not (file.parent / link).exists()] == []
