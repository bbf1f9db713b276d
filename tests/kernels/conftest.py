from pathlib import Path

import pytest
from tests.support.references import sharing_references

from ocroute import registry

pytest.importorskip("torch", reason="needs the extra vlm: pip install 'ocroute[vlm]'")
pytest.importorskip("transformers", reason="needs the extra vlm: pip install 'ocroute[vlm]'")


@pytest.fixture(scope="module")
def kernel_zoo():
    """The faulty kernels installed, for this process and its children."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parents[1] / "plugins_kernels"))
        registry.look_again()
        yield
    registry.look_again()


@pytest.fixture(scope="module")
def shared_references():
    """See `sharing_references`."""
    with sharing_references():
        yield
