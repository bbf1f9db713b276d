"""A dated fact ends where its source says that it does."""

import pytest

from ocroute.kernels.facts import all_facts


@pytest.mark.parametrize("capability", [(11, 0), (12, 2)])
@pytest.mark.parametrize(("version", "known"), [("2.8.3", True), ("2.8.3.post2", True), ("2.8.4", False)])
def test_what_flash2_has_no_code_for_ends_with_the_release_that_brings_it(capability, version, known):
    held = [fact for fact in all_facts() if "flash2" in fact.kernels and fact.holds(version, capability, "13.0", None)]
    assert bool(held) is known


def test_the_hubs_build_is_not_judged_by_the_version_of_the_package_that_loads_it():
    for version in ("0.17.2", "3.0"):
        assert [
            fact for fact in all_facts() if "hub_flash2" in fact.kernels and fact.holds(version, (11, 0), "13.0", None)
        ]
