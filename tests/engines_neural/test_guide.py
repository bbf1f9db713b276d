"""The neural engine in the plug-in guide is a whole one."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from ocroute.engines.base import Task
from ocroute.engines.glm_ocr import GlmOcr
from ocroute.engines.neural.canary.diagnosis import Sight

GUIDE = Path(__file__).parents[2] / "docs" / "plugins.md"


@pytest.fixture
def formulas():
    (code,) = re.findall(r"```python formulas\.py\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(code.splitlines()) <= 60
    names: dict = {}
    exec(code, names)
    return names["Formulas"]


def test_it_reads_pages_as_the_built_in_one_does(formulas, babbling, random_checkpoint, sheet, monkeypatch):
    monkeypatch.setattr("ocroute.engines.neural.base.canary.require", lambda *_: Sight("babble", "babble", "stop"))
    engine = formulas(Task(model=str(random_checkpoint("glm_ocr"))))
    short = {name: replace(mode, max_new_tokens=24) for name, mode in engine.facts.modes.items()}
    engine.facts = replace(engine.facts, modes=short)
    reading = engine.read_page(sheet, Task())
    known = babbling("glm_ocr").read_page(sheet, Task())
    assert reading.raw == known.raw
    assert reading.blocks == known.blocks
    assert engine.info.gpu_mb == GlmOcr.info.gpu_mb
    assert engine.facts.attention == GlmOcr.facts.attention
