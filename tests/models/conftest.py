import pytest

pytest.importorskip("torch", reason="needs the extra vlm: pip install 'ocroute[vlm]'")
pytest.importorskip("transformers", reason="needs the extra vlm: pip install 'ocroute[vlm]'")


@pytest.fixture(autouse=True)
def small_pages(monkeypatch):
    """Memory is counted on pages that are quickly drawn."""
    monkeypatch.setattr("ocroute.engines.neural.pixel_budget.SMALL_PAGE", 210 * 297)
