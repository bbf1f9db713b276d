"""Servers to ask, and pages to send them."""

import numpy as np
import pytest
from tests.support.asking import HASTY
from tests.support.chat_server import Scripted
from tests.support.pages import ArrayPage

from ocroute.engines.base import ONE_THREAD, Task
from ocroute.engines.openai import OpenAi


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

    def build(limits=HASTY, page_limits=ONE_THREAD, **task):
        engine = OpenAi(Task(**({"base_url": server.url} | task), limits=page_limits), limits=limits)
        made.append(engine)
        return engine

    yield build
    for one in made:
        one.close()


@pytest.fixture
def grey():
    """A page that is all of one grey, by which the server knows it."""
    return lambda level, size=(64, 96): ArrayPage(np.full((*size, 3), level, np.uint8))
