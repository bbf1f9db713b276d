"""The build puts into the wheel the very model files that the notice names, and stops where it has others."""

import importlib.util
import shutil
from pathlib import Path

import pytest

from ocroute.ppocr import model_files

pytest.importorskip("hatchling")
ROOT = Path(__file__).parents[2]
NAMES = {model_files.DETECTOR, model_files.RECOGNISER, model_files.CLASSIFIER}


@pytest.fixture
def built(tmp_path, monkeypatch):
    """Run the hook in a checkout; the folder where the wheel takes the models from."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    hook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hook)
    folder = tmp_path / hook.FOLDER
    folder.mkdir(parents=True)
    shutil.copy(ROOT / hook.FOLDER / "NOTICE.md", folder)

    def run(version, models):
        monkeypatch.setattr(hook, "_installed", lambda: models)
        hook.Models(str(tmp_path), {}, None, None, "", "wheel").initialize(version, {})
        return {file.name for file in (folder / "weights").glob("*")}

    return run


def test_the_models_are_taken_from_where_they_are(built):
    here = model_files.find().detector.parent
    assert built("editable", here) == set()
    assert built("standard", here) == NAMES
    assert built("standard", None) == NAMES, "nothing is fetched that is there"


def test_another_file_of_the_same_name_ends_the_build(built, tmp_path):
    for name in NAMES:
        (tmp_path / name).write_bytes(b"another")
    with pytest.raises(RuntimeError, match=r"is not the file that src/ocroute/models/NOTICE\.md names"):
        built("standard", tmp_path)
