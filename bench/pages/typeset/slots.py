"""Files with slots: ``<<name>>`` is filled in. LaTeX and CSS leave no other bracket free."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


def filled(path: str, **values: object) -> str:
    """The file at ``path``, relative to this folder, with its slots filled; ``common`` is the file of that name beside it.

    Raises:
        ValueError: a slot has no value.
    """
    file = _HERE / path
    text = file.read_text()
    if "<<common>>" in text:
        text = text.replace("<<common>>", file.with_stem("common").read_text())
    for name, value in values.items():
        text = text.replace(f"<<{name}>>", str(value))
    if "<<" in text:
        raise ValueError(f"{path}: a slot was left empty: {text[text.index('<<') :][:30]}")
    return text
