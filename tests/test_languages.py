"""What a language may be called, and who can write it."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from ocroute.cli import app
from ocroute.engines.base import Wanted
from ocroute.engines.tesseract import chosen_languages
from ocroute.errors import UsageError
from ocroute.languages import DATA, LANGUAGES, SCRIPT_NAMES, codes_of, package, resolved, scripts_of
from ocroute.options import ReadOptions, filled
from ocroute.route.wish import wish_of


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ("rus,English,ru", "ru en"),
        ("eng+rus", "en ru"),
        (["русский", " deutsch "], "ru de"),
        ("ger+deu", "de"),
        ("FRANCAIS,français,fre", "fr"),
        ("chi_sim,chi-tra", "zh-Hans zh-Hant"),
        ("zh-TW,zh,chi", "zh-Hant zh"),
        ("pt-BR,en_US,es-419", "pt en es"),
        ("srp,srp_latn,sr-Cyrl", "sr sr-Latn sr-Cyrl"),
        ("中文,日本語,한국어,हिन्दी", "zh ja ko hi"),
        ("Traditional Chinese", "zh-Hant"),
        ("", ""),
    ],
)
def test_a_language_is_known_by_its_codes_and_names(given, codes):
    assert resolved(given) == tuple(codes.split())


def test_every_code_and_name_leads_to_its_language_and_none_to_two():
    for language in LANGUAGES.values():
        for name in (language.code, *language.others, *language.names, *language.native):
            assert resolved(name) == (language.code,), name
    for name, data in DATA.items():
        (tag,) = resolved(name)
        assert tag.split("-")[0] == data.language
        assert codes_of(tag)[0] == name
        assert data.script in SCRIPT_NAMES


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("Rusian", r"'Rusian' is no language known here. Write --lang ru \(Russian\)"),
        ("klingon", "Run: ocroute languages"),
        ("ru,engl", r"--lang en \(English\)"),
        ("sr-Arab", "no language"),
    ],
)
def test_an_unknown_language_is_answered_with_near_names(given, says):
    with pytest.raises(UsageError, match=says):
        resolved(given)


def test_one_script_of_several_chooses_its_data():
    assert (codes_of("sr-Latn"), scripts_of("sr-Latn"), package("sr-Latn")) == (
        ("srp_latn",), ("Latn",), "tesseract-ocr-srp-latn")  # fmt: skip
    installed = ("eng", "chi_sim", "chi_tra", "srp", "srp_latn")
    assert chosen_languages(("zh-Hant", "sr-Latn"), installed) == (["chi_tra", "srp_latn"], [])
    assert chosen_languages(("zh",), installed) == (["chi_sim", "chi_tra"], [])


def test_python_takes_names_too():
    assert wish_of(filled(ReadOptions, {"languages": "Russian,eng"})).wanted == Wanted(languages=("ru", "en"))
    assert wish_of(filled(ReadOptions, {"languages": ["rus", "English"]})).wanted == Wanted(languages=("ru", "en"))


def test_the_command_lists_them_with_who_writes_them_here():
    listed = json.loads(CliRunner().invoke(app, ["languages", "--json"]).stdout)
    assert list(listed) == list(LANGUAGES)
    assert "rapidocr" in listed["en"]["engines"]
    assert {"rus"} == set(listed["ru"]["codes"])
    drawn = CliRunner().invoke(app, ["languages"]).stdout
    (line,) = (line for line in drawn.splitlines() if "русский" in line)
    assert line.split()[:4] == ["ru", "rus", "Russian", "русский"]
