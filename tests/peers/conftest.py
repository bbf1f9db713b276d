"""Ours beside, under or against other people's programs: all here have the mark `peers`, and a missing program fails."""

import pathlib
import shutil

import pytest

HERE = pathlib.Path(__file__).parent


def pytest_ignore_collect(config):
    """Where these tests are left out anyway, their large imports are too."""
    return True if config.option.markexpr == "not peers" else None


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.peers)


@pytest.fixture(scope="module")
def browser():
    """The system's Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield found
        found.close()
