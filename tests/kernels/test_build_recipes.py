"""The recipes hold together: what one part of them names, another part, or a file, provides."""

from __future__ import annotations

import re

import pytest

from ocroute.errors import UsageError
from ocroute.kernels.base import KERNELS
from ocroute.kernels.build import book, parse_arch, recipe
from ocroute.kernels.build.recipes import FOLDER

NAMES = tuple(book().recipes)


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_builds_a_registered_kernel(name: str) -> None:
    assert name in dict(KERNELS.items())


@pytest.mark.parametrize("name", NAMES)
def test_every_architecture_has_an_oldest_compiler(name: str) -> None:
    chosen = recipe(name)
    assert set(chosen.archs) <= set(book().nvcc.oldest)
    assert set(chosen.nvcc) <= set(chosen.archs)
    assert not set(chosen.refused) & set(chosen.archs)


@pytest.mark.parametrize("name", NAMES)
def test_every_blank_in_its_environment_is_one_that_is_filled(name: str) -> None:
    chosen = recipe(name)
    values = [*chosen.env.values(), *(chosen.forward.env.values() if chosen.forward else ())]
    assert set(re.findall(r"{(\w+)}", " ".join(values))) <= {"arch", "jobs", "head_dims"}
    assert "{jobs}" in values, "without a limit, the build drives a small machine into swap"


@pytest.mark.parametrize("name", NAMES)
def test_our_setup_scripts_are_here(name: str) -> None:
    chosen = recipe(name)
    scripts = [chosen.overlay, chosen.forward.script if chosen.forward else ""]
    assert all((FOLDER / script).is_file() for script in scripts if script)


def test_sage2_gets_its_architecture_with_the_dot() -> None:
    assert all(name == arch for arch, name in recipe("sage2").archs.items())


@pytest.mark.parametrize("symptom", book().symptoms, ids=lambda symptom: symptom.cause)
def test_a_symptom_is_a_pattern(symptom: object) -> None:
    assert re.compile(symptom.pattern)  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["12.0", "120", "sm_120", "sm_120a", "compute_120", "120f"])
def test_an_architecture_is_read_as_people_write_it(text: str) -> None:
    assert parse_arch(text) == (12, 0)


@pytest.mark.parametrize("text", ["", "blackwell", "12.0.1", "12.", "0x120", "12", "9", "sm_12"])
def test_what_is_no_architecture_is_told_so(text: str) -> None:
    with pytest.raises(UsageError, match="no compute capability"):
        parse_arch(text)


def test_an_unknown_recipe_names_the_known() -> None:
    with pytest.raises(UsageError, match="flash2"):
        recipe("flash9")
