"""The overview of a machine, for machines that are not here."""

from __future__ import annotations

import pytest

from ocroute.cli.draw_survey import overview
from ocroute.engines.base import Availability, EngineInfo
from ocroute.gpus import Gpu
from ocroute.machine import Machine
from ocroute.route.machine_survey import Survey
from ocroute.route.plan import EngineStatus, Plan
from ocroute.user_settings import SettingsHere

CPU = Machine("Linux 6", "x86_64", "a CPU", 4, 16_000, 8_000, "3.11.7", gpu_note="no NVIDIA driver answers")
CARD = Gpu("NVIDIA RTX 4090", 24_000, 23_000, (8, 9), "uuid")
UNSET = SettingsHere("config.toml", False, {})
MANY = SettingsHere("config.toml", True, {f"key{number}": ("value", "config.toml") for number in range(9)})
PRINT = EngineStatus(EngineInfo("ocr", 10), Availability("usable", version="3.1", scripts=("Latn", "Hans")))
TESSERACT = EngineStatus(
    EngineInfo("ocr", 20),
    Availability("usable", languages=("en", "ru"), install="sudo apt install more", advice="Fetch files"),
)
GONE = EngineStatus(
    EngineInfo("vlm", 5), Availability("absent", reason="no weights", install="ocroute read --model x/y")
)


def surveyed(machine, **engines):
    usable = {name: "usable" for name, one in engines.items() if one.availability.state == "usable"}
    return Survey(machine, engines, Plan(usable, {name: "absent" for name in engines if name not in usable}))


def test_what_reads_here_stands_in_order_with_what_it_can_write():
    lines = overview(surveyed(CPU, printed=PRINT, tesseract=TESSERACT), UNSET)
    start = lines.index("Reads here, in this order:")
    assert lines[start + 1 : start + 3] == [
        "  1. printed 3.1: Latin, simplified Chinese",
        "  2. tesseract: English, Russian",
    ]


def test_steps_that_need_no_administrator_come_first():
    lines = overview(surveyed(CPU, tesseract=TESSERACT), UNSET)
    assert lines[lines.index("For more:") + 1 :][:2] == [
        "  tesseract: fetch files",
        "  tesseract: sudo apt install more",
    ]


@pytest.mark.parametrize(("gpus", "most", "commands"), [((), 25, 0), ((CARD,) * 8, 40, 9)])
def test_it_fits_a_screen(gpus, most, commands):
    import msgspec

    neural = {
        f"model{number}": EngineStatus(GONE.info, Availability("absent", reason="no weights", install=f"get {number}"))
        for number in range(9)
    }
    lines = overview(
        surveyed(msgspec.structs.replace(CPU, gpus=gpus), printed=PRINT, tesseract=TESSERACT, **neural), MANY
    )
    assert len(lines) <= most
    assert sum(": get " in line for line in lines if line.startswith("  ")) == commands
    assert not gpus or "GPU: 8 x NVIDIA RTX 4090" in "\n".join(lines)


def test_a_machine_that_reads_nothing_says_why():
    survey = Survey(CPU, {"tesseract": GONE}, None, "no engine can run here: tesseract: absent")
    assert "No page can be read here: no engine can run here: tesseract: absent" in overview(survey, UNSET)
