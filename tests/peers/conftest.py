"""Ours beside, under or against other people's programs: all here have the mark `peers`, and a missing program fails."""

import pathlib

import pytest

HERE = pathlib.Path(__file__).parent


def pytest_ignore_collect(config):
    """Where these tests are left out anyway, their large imports are too."""
    return True if config.option.markexpr == "not peers" else None


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.peers)
