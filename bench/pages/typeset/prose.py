"""Sentences that read like print: our own templates and words, the same for the same seed."""

from __future__ import annotations

import random
import re
from typing import Final

_WORDS: Final[dict[str, str]] = {
    "noun": "harbour survey archive catalogue reservoir ledger timetable orchard vessel quarry bridge furnace signal "
    "library census workshop canal granary telescope barometer manuscript glacier pasture turbine lighthouse district "
    "herbarium courtyard parish inventory railway laboratory estuary meadow tariff observatory engraving "
    "printing-house market treaty",
    "plural": "records measurements merchants settlers engineers clerks instruments samples witnesses volunteers growers "
    "officials surveyors letters shipments readings editors tenants apprentices inspectors travellers physicians weavers pilots",
    "adj": "northern careful unusual early reliable narrow seasonal local quiet detailed provisional second-hand heavy modest "
    "familiar remote public ordinary systematic incomplete coastal wooden fragile persistent moderate annual",
    "adv": "rarely gradually openly quickly seldom carefully eventually twice merely usually formally quietly regularly",
    "past": "described measured rebuilt rejected confirmed recorded abandoned inspected repaired replaced reported examined "
    "compared enlarged questioned surveyed restored financed delayed purchased",
    "place": "Varnholt Eastmere Oldbury Kessmar Tornvik Halden Brackley Lower Wendle Saint-Aubry Marlow Point Dunmore Calder "
    "Risholm Petrova Ashgrove Verrin Northgate Ostrava Linden Quay",
    "name": "Hartwell Lindqvist Okafor Marchetti Brandt Ferreira Novak Ellery Takeda Sorensen Whitcombe Delacroix Adeyemi "
    "Kowalski Pemberton Vasquez Rahman Thornbury Iversen Castellane",
    "thing": "grain|timber|salt|wool|coal|paper|copper|linen|ice|slate|barley|glass|seed|cement",
    "month": "January February March April May June July August September October November December",
    "unit": "tonnes metres acres kilograms pages hours crates litres degrees volumes",
}
_TEMPLATES: Final = (
    "The {adj} {noun} at {place} was {past} in {year} by {name} and two {plural}.",
    "In {month} {year} the {plural} {past} a {adj} {noun} near {place}, although the {noun2} had {adv} been {past2}.",
    "Most {plural} agreed that the {noun} would need {num} {unit} of {thing} before the end of {month}.",
    "{name} and {name2} ({year}) {past} {num} {plural} and found that the {adj} {noun} {adv} explained the difference.",
    "It is {adv} noted that the {noun} of {place} depends on {thing}, {thing2} and the {adj} {noun2}.",
    "After the {noun} was {past}, the {plural} moved to {place}, where {thing} could be bought for {num} crowns.",
    "No {adj} {noun} has been {past} since {year}; the {plural} still keep the older {noun2} in use.",
    "About {pct} per cent of the {plural} came from {place}, and fewer than {num} stayed through the winter.",
    "Because the {noun} stood close to the {noun2}, {plural} {adv} {past} both of them on the same day.",
    'A {adj} account by {name} says that "the {noun} cannot be {past} without {thing} from {place}".',
    "We therefore {past} each {noun} {adv} and compared it with the {adj} {noun2} kept by the {plural}.",
    "When the {plural} returned in {month}, they {past} {num} {unit} of {thing} and a {adj} {noun}.",
    "What the {plural} of {place} wanted was not another {noun} but a {adj} supply of {thing}.",
    "The second {noun}, {past} in {year}, is larger than the first by roughly {num} {unit}.",
    "Neither {name} nor the {plural} could say why the {adj} {noun} had been {past}.",
    "According to the {noun} of {year}, {place} had {num} {plural}, a {noun2} and a {adj} market for {thing}.",
)


class Prose:
    """A stream of sentences, titles and names."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)
        self._lists = {key: value.split("|") if "|" in value else value.split() for key, value in _WORDS.items()}
        self._last = -1

    def word(self, kind: str) -> str:
        """One word of a kind."""
        return self._random.choice(self._lists[kind])

    def words(self, kind: str) -> list[str]:
        """All words of a kind."""
        return list(self._lists[kind])

    def number(self, low: int = 12, high: int = 9800) -> str:
        """A number with a comma at the thousands."""
        return f"{self._random.randint(low, high):,}"

    def sentence(self) -> str:
        """One sentence; never the same form twice in a row."""
        form = self._random.randrange(len(_TEMPLATES))
        self._last = form = (form + 1) % len(_TEMPLATES) if form == self._last else form
        slots = {key: self.word(key) for key in self._lists}
        twins = {key + "2": self.word(key) for key in ("noun", "name", "past", "thing")}
        text = _TEMPLATES[form].format(
            **slots, **twins, year=self._random.randint(1790, 2021), num=self.number(), pct=self._random.randint(3, 97)
        )
        text = re.sub(r"\b(a|A) (?=[aeiou])", r"\1n ", text)
        return text[0].upper() + text[1:]

    def paragraph(self, least: int = 3, most: int = 6) -> list[str]:
        """Some sentences."""
        return [self.sentence() for _ in range(self._random.randint(least, most))]

    def title(self) -> str:
        """A headline of four to seven words."""
        form = self._random.choice(
            ("The {adj} {noun} of {place}", "{noun} and {noun2} in {place}", "On the {adj} {noun} and its {plural}",
             "Notes from a {adj} {noun}", "How {plural} {past} the {noun}")
        )  # fmt: skip
        text = form.format(**{key: self.word(key) for key in self._lists}, noun2=self.word("noun"))
        return " ".join(
            word if word in ("of", "and", "the", "its", "a", "in", "on") else word.capitalize() for word in text.split()
        )

    def heading(self) -> str:
        """A section's heading, two or three words."""
        return f"{self.word('adj').capitalize()} {self.word('plural')}"

    def person(self) -> str:
        """A name with an initial."""
        return f"{self._random.choice('ABCDEHJKLMNPRST')}. {self.word('name')}"

    def entry(self) -> tuple[str, str]:
        """A dictionary entry: the headword and what it means."""
        word = self.word("noun")
        meaning = f"{self.word('adj')} {self.word('thing')} {self.word('past')} by {self.word('plural')}"
        return word, f"{meaning} at {self.word('place')}, {self._random.randint(1600, 1990)}"

    def chance(self, share: float) -> bool:
        """True in about ``share`` of all calls."""
        return self._random.random() < share

    def pick(self, items: list[str]) -> str:
        """One of ``items``."""
        return self._random.choice(items)
