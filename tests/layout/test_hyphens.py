"""A hyphen at a line end, and other ends of lines."""

import pytest

from ocroute.layout.hyphens import Joiner


@pytest.mark.parametrize(
    ("above", "below", "joined"),
    [
        ("the infor-", "mation is", "the information is"),
        ("a self-", "made man", "a self-made man"),
        ("a rule-", "based system", "a rule-based system"),
        ("the Anglo-", "Saxon kings", "the Anglo-Saxon kings"),
        ("THE INFOR-", "MATION", "THE INFORMATION"),
        ("soft\u00ad", "ened", "softened"),
        ("the years 1914-", "1918 were", "the years 1914-1918 were"),
        ("pages 12–", "15", "pages 12–15"),
        ("he waited—", "and left", "he waited—and left"),
        ("he waited", "—and left", "he waited—and left"),
        ("«Да», сказал он", "— и ушёл", "«Да», сказал он — и ушёл"),
        ("the end of it.", "—Anon.", "the end of it. —Anon."),
        ("from 1990", "–2000 on", "from 1990–2000 on"),
        ("it fell by 5", "– 6 at most", "it fell by 5 – 6 at most"),
        ("a dash -", "then more", "a dash - then more"),
        ("see https://example.org/a/", "b.html now", "see https://example.org/a/b.html now"),
        ("two", "words", "two words"),
        ("港口", "管理", "港口管理"),
        ("한국", "어", "한국 어"),
        ("", "alone", "alone"),
    ],
)
def test_join(above: str, below: str, joined: str) -> None:
    assert Joiner([above, below]).join(above, below) == joined


def test_the_page_tells_whether_a_compound_keeps_its_hyphen() -> None:
    page = ["a well-tempered clavier", "the tempered steel", "another wellspring"]
    assert Joiner([*page, "a well-", "tempered one"]).join("a well-", "tempered one") == "a well-tempered one"
    assert Joiner(["The database grew", "data-", "base"]).join("the data-", "base") == "the database"
