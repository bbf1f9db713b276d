"""One word for one thing, and the field's: what CONTRIBUTING.md lists as old is gone, and modules have names of their own."""

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TABLE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Words")[2]
OLD = sorted(
    {word for row in re.findall(r"^\| (.+?) \|", TABLE, re.MULTILINE) for word in re.findall(r"`([^`]+)`", row)}
)
TEXTS = [*(ROOT / "src").rglob("*.py"), *(ROOT / "docs").glob("*.md"), ROOT / "README.md"]
TRANSFORMERS = re.compile(r"image|tokenizer|counts|\bwide\b|settings", re.IGNORECASE)
"""Where its processors are spoken of: what makes a model's inputs."""


def old_words(text: str, word: str) -> list[str]:
    """The lines with any form of a word; the old spelling of an option may stand where it is made a hidden one."""
    form = re.compile(rf"(?<![\w]){word.removesuffix('e')}(e?s|e?d|ing|e|ion|er|es)?(?!\w)", re.IGNORECASE)
    return [line.strip() for line in text.splitlines() if form.search(line) and 'old="--' not in line]


def test_the_table_is_read():
    assert {"lean", "straighten", "the processor", "quantise"} <= set(OLD)
    assert old_words("a page that leans", "lean")
    assert old_words("a quantised kernel", "quantise")
    assert not old_words("clean learning", "lean")
    assert not old_words('old="--quantised"', "quantise")


@pytest.mark.parametrize("word", OLD)
def test_old_words_are_gone(word):
    found = [
        f"{path.relative_to(ROOT)}: {line}"
        for path in TEXTS
        for line in old_words(path.read_text(encoding="utf-8"), word)
        if word != "the processor" or not TRANSFORMERS.search(line)
    ]
    assert found == []


def test_no_two_modules_have_one_name():
    names = Counter(path.stem for path in (ROOT / "src").rglob("*.py"))
    names -= Counter({name: names[name] for name in ("__init__", "__main__", "base")})
    assert {name: count for name, count in names.items() if count > 1} == {}
