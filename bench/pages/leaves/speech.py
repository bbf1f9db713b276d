"""What the pages say: sentences, names, sums and days; each half has words of its own."""

from __future__ import annotations

import random

from bench.pages import texts


def _words(text: str) -> list[str]:
    return text.split()


_SYLLABLES = {
    "tune": (
        _words("bra mel tor kin sel dan vor lis han gre pol mar"),
        _words("don berg ley stein ova mann sen field wick ton"),
    ),
    "report": (
        _words("cas thur wen lor pem hal rid ash nor quil fen dor"),
        _words("ford worth by house more ridge man well combe sley"),
    ),
}
_FIRST = {
    "tune": _words("Anna Robert Helen Victor Martha Simon Clara Peter Irene Oscar"),
    "report": _words("Edith Walter Nora Hugh Agnes Leonard Ruth Gilbert Sylvia Ernest"),
}
_NOUNS = {
    "tune": _words(
        "bridge harbour ledger engine cellar tariff orchard station canal timber parish clerk vessel slate railway "
        "furnace cement meadow quarry turbine glacier workshop lantern barrel copper chimney saddle kettle anchor"
    ),
    "report": _words(
        "market garden library tunnel pension barley census glass estuary archive witness pilot hospital violin "
        "curtain shutter ladder compass mirror button ribbon harvest thunder village ferry needle window blanket"
    ),
}
_VERBS = {
    "tune": _words("measured repaired described rejected delivered replaced opened counted painted ordered examined"),
    "report": _words(
        "recorded purchased inspected abandoned restored borrowed approved gathered printed divided observed"
    ),
}
_PLACES = {
    "tune": [
        "near the old mill",
        "behind the school",
        "along the northern road",
        "in the upper valley",
        "at the customs house",
    ],
    "report": [
        "beside the river",
        "below the castle",
        "across the eastern plain",
        "in the lower town",
        "at the post office",
    ],
}
_MONTHS = _words("January February March April May June July August September October November December")


class Speech:
    """Words by chance."""

    def __init__(self, half: str, rng: random.Random) -> None:
        self.half, self.rng = half, rng
        self._bank = texts.TUNE if half == "tune" else texts.REPORT
        self._told: list[str] = []

    def surname(self) -> str:
        """One that hardly comes twice on a page."""
        begins, ends = _SYLLABLES[self.half]
        return (self.rng.choice(begins) + self.rng.choice(("", "e", "a", "i")) + self.rng.choice(ends)).capitalize()

    def person(self) -> str:
        """First name and surname."""
        return f"{self.rng.choice(_FIRST[self.half])} {self.surname()}"

    def noun(self) -> str:
        """A thing."""
        return self.rng.choice(_NOUNS[self.half])

    def title(self, least: int = 3, most: int = 5) -> str:
        """A heading."""
        count = self.rng.randint(least, most)
        words = self.rng.sample(_NOUNS[self.half], count)
        return (" ".join(words[: count - 2]) + f" {words[-2]} and {words[-1]}").strip().capitalize()

    def label(self) -> str:
        """Two words."""
        return " ".join(self.rng.sample(_NOUNS[self.half], 2)).capitalize()

    def day(self) -> str:
        """A date."""
        return f"{self.rng.randint(1, 28)} {self.rng.choice(_MONTHS)} {self.rng.randint(1880, 2025)}"

    def amount(self) -> str:
        """A sum with cents."""
        return f"{self.rng.uniform(3, 9000):,.2f}"

    def code(self) -> str:
        """A number of an article or a file."""
        return f"{self.rng.choice('ABKRTX')}{self.rng.choice('CDFHM')}-{self.rng.randint(1000, 99999)}"

    def address(self) -> list[str]:
        """Name, street, town, in lines."""
        return [
            self.person(),
            f"{self.rng.randint(2, 190)} {self.surname()} {self.rng.choice(('Street', 'Road', 'Lane'))}",
            f"{self.rng.randint(10000, 99999)} {self.surname()}",
        ]

    def sentence(self, language: str = "en") -> str:
        """One, from the bank or made up."""
        if language != "en" or self.rng.random() < 0.4:
            if not self._told:
                self._told = self.rng.sample(self._bank[language], len(self._bank[language]))
            return self._told.pop()
        nouns = self.rng.sample(_NOUNS[self.half], 3)
        place, did = self.rng.choice(_PLACES[self.half]), self.rng.choice(_VERBS[self.half])
        return self.rng.choice(
            (
                f"In {self.rng.randint(1850, 2024)} {self.person()} {did} the {nouns[0]} {place}.",
                f"The {nouns[0]} and the {nouns[1]} were {did} {place} by {self.surname()}.",
                f"On {self.day()} every {nouns[0]} had been {did}, except the {nouns[1]} of {self.surname()}.",
                f"About {self.rng.randint(11, 980)} of them cost {self.amount()}, and the {nouns[2]} was {did} twice.",
                f"Nobody {place} knew why {self.surname()} {did} the {nouns[0]}.",
            )
        )

    def prose(self, sentences: int, language: str = "en") -> str:
        """So many sentences."""
        return " ".join(self.sentence(language) for _ in range(sentences))
