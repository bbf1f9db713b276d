"""What the line model writes: one class a character, after the blank and before the space, as in PP-OCR's dictionaries."""

from __future__ import annotations

import unicodedata

LATIN = (
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿ"
    "ĀāĂăĄąĆćČčĎďĐđĒēĖėĘęĚěĞğĢģĪīĮįİıĶķĹĺĻļĽľŁłŃńŅņŇňŌōŐőŒœŔŕŘřŚśŞşŠšŢţŤťŪūŮůŰűŲųŸŹźŻżŽžȘșȚț"
)
CYRILLIC = (
    "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя"
    "ЁёЂђЃѓЄєЅѕІіЇїЈјЉљЊњЋћЌќЎўЏџҐґ"  # Ukrainian, Belarusian, Serbian, Macedonian
    "ӘәҒғҚқҢңӨөҰұҮүҺһҖҗҶҷҲҳӢӣӮӯѢѣѲѳѴѵ"  # Kazakh, Mongolian, Tatar, Kyrgyz, Tajik; Russian before 1918
)
GREEK = "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρςστυφχψωΆΈΉΊΌΎΏΪΫάέήίόύώϊϋΐΰ"
SIGNS = "0123456789!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~¡¢£¥§©«®°±²³µ¶·¹º»¼½¾¿×÷–—‘’‚“”„†‡•…‰‹›€₴₸₽№™←↑→↓−√∞≈≠≤≥■□▪●○☐☑✓"
CHARACTERS = tuple(dict.fromkeys(LATIN + CYRILLIC + GREEK + SIGNS))
"""In the order of the classes 1 to n; class 0 is the blank, class n + 1 the space."""

CLASSES = len(CHARACTERS) + 2
INDEX = {character: at for at, character in enumerate(CHARACTERS, 1)} | {" ": CLASSES - 1}

# A letter that is drawn alike: what its row of the head starts from. The old head has neither alphabet.
ALIKE = dict(zip(
    "АВЕКМНОРСТХУЅІЈЁЇаеорсухѕіјёїйпитгбЗзѴѵҮүҺһӘәЬьΑΒΕΖΗΙΚΜΝΟΡΤΥΧοινυωκ",
    "ABEKMHOPCTXYSIJËÏaeopcyxsijëïŭnumr633VvYyhhƏəbbABEZHIKMNOPTYXoivuωk",
    strict=True,
))  # fmt: skip


def readable(text: str) -> str | None:
    """``text`` composed, with single spaces, if every character has a class."""
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    return plain if plain and all(letter in INDEX for letter in plain) else None


def classes(text: str) -> list[int]:
    """The classes of a `readable` text."""
    return [INDEX[letter] for letter in text]
