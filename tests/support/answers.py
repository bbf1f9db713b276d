"""What an engine makes of many pages at once."""

from ocroute.engines.base import Request, Task


def answers_of(engine, pages, task=None):
    """The answers in the order of the pages, whatever the order is in which they came."""
    requests = [Request(page, task or Task()) for page in pages]
    answers = list(engine.read(requests))
    assert len(answers) == len(requests), "N in, N out"
    found = dict(answers)
    return [found[request] for request in requests]
