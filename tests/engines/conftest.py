"""Small rendered pages of our own text."""

import pytest
from tests.support import pages


@pytest.fixture
def typeset():
    """A page of lines set one below the other, with the text layer that a PDF of it would have."""
    return pages.typeset
