"""Servers to ask, and pages to send them."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from scripted import Scripted

from ocroute.engines.base import Task
from ocroute.engines.openai import OpenAi
from ocroute.engines.openai.retry import Limits
from ocroute.pages.page import InputPage

HASTY = Limits(connect=2.0, page=1.5, small=1.5, tries=3, first_wait=0.01, longest_wait=0.05, in_flight=3)


class Sheet(InputPage):
    """A page that is an array of pixels."""

    source, number = "sheet.png", 1

    def __init__(self, pixels):
        super().__init__()
        self.pixels = np.ascontiguousarray(pixels)

    @property
    def size(self):
        return self.pixels.shape[1], self.pixels.shape[0]

    def _render(self):
        return self.pixels


@pytest.fixture(autouse=True)
def no_keys(monkeypatch):
    """The keys of whoever runs the tests stay out of them."""
    for name in ("OPENAI_API_KEY", "OCROUTE_API_KEY", "OCROUTE_SERVER_SECONDS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server():
    made = Scripted()
    yield made
    made.close()


@pytest.fixture
def engine(server):
    """Builds engines that ask ``server``; they are closed after the test."""
    made = []

    def build(limits=HASTY, **task):
        engine = OpenAi(Task(**({"base_url": server.url} | task)), limits=limits)
        made.append(engine)
        return engine

    yield build
    for one in made:
        one.close()


@pytest.fixture
def grey():
    """A page that is all of one grey, by which the server knows it."""
    return lambda level, size=(64, 96): Sheet(np.full((*size, 3), level, np.uint8))
