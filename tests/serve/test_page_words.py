"""The page speaks Russian where it can: a check that has no Russian name would stand there as its name in the code."""

import re
from importlib.metadata import entry_points
from importlib.resources import files

CYRILLIC = re.compile("[а-яё]")


def spoken(language):
    """What is said in a language, by what it stands for."""
    text = (files("ocroute.serve") / "static" / "words.js").read_text("utf-8")
    (part,) = re.findall(rf"^const {language} = {{$(.*?)^}};$", text, re.MULTILINE | re.DOTALL)
    return {
        (key or quoted): value
        for quoted, key, value in re.findall(r'^  (?:"(.+?)"|(\w+)): "(.*)",$', part, re.MULTILINE)
    }


def test_every_check_and_every_word_of_the_page_has_a_russian_name():
    russian = spoken("ru")
    checks = {found.name for found in entry_points(group="ocroute.checks")}
    missing = {name for name in {*checks, *spoken("en")} if not CYRILLIC.search(russian.get(name, ""))}
    assert not missing


def test_places_to_fill_in_are_the_same_in_both_languages():
    english, russian = spoken("en"), spoken("ru")
    for name, said in english.items():
        assert set(re.findall(r"{\w+}", said)) == set(re.findall(r"{\w+}", russian[name])), name
