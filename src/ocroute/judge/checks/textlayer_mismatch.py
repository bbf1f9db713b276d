"""A PDF's own text that is not what the page shows."""

from __future__ import annotations

from typing import ClassVar, Final

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.errors import EngineError, EngineUnavailable
from ocroute.judge import drawn_words, reference_recogniser
from ocroute.judge.layer_evidence import Evidence, evidence_of
from ocroute.judge.layer_sample import WHOLE, probe_of
from ocroute.judge.letter_shapes import Shapes
from ocroute.judge.line_crops import spread
from ocroute.judge.read_back import ReadBack, Seen, confirmed
from ocroute.judge.reading_pieces import quote
from ocroute.judge.scripts import script_of
from ocroute.judge.turned_lines import turned_parts
from ocroute.judge.unlikely_words import SLIP
from ocroute.judge.unwritten import alefs, misplaced, rare, within
from ocroute.judge.word_gaps import edge_ink, gaps
from ocroute.pages.page import InputPage

GAPS: Final = 0.45  # ink between words, over ink inside words
EDGES: Final = 2.5  # ink along the edges of words, over ink in the barest row of their middles; right ones have 2.0
CUT: Final = 20.0  # the same where the words can be read all the same, as capitals can by their lower halves
ODD: Final = (
    0.003,
    0.004,
)  # share of letters drawn as others, read to be so or not, from which a layer is likely wrong
WELL: Final = (
    40,
    0.8,
)  # letters that are asked for, and the share of them that can be read, where words stand as they should
LEAST_ASKED: Final = 12  # letters of a layer that nobody can read on the page; fewer may be a logo's
READ: Final = 0.5  # share of them that can, as they should be or otherwise, in print of any typeface
ASKED: Final = 8  # words with such a letter that are read
ALONE: Final = 3  # such words, where none can be read
UNKNOWN: Final = 0.06  # share of characters without a meaning from which a layer is not the page's text
RARE: Final = 0.5  # share of letters that no language has many of; a page of phonetics has a third
MISPLACED: Final = 0.05  # share of vowel signs that stand where none can; careful text has none
CORRECTED: Final = 2  # words that the page surely shows otherwise; of a short layer, all of whose words are read, one
WITHIN: Final = 0.3  # share of letters that only end words and stand within them; text without spaces has some
ALEFS: Final = 0.04  # share of alefs in Arabic letters; Arabic, Persian and Urdu have 0.1 to 0.17
WORD: Final = 5  # letters of a usual word, all lost by one that is wrong


class TextLayerMismatch:
    """Speaks when words of the text layer do not stand where ink is, or do not say what the page says in their place."""

    summary: ClassVar[str] = "the PDF's own text is not what the page shows"
    limit: ClassVar[float] = 0.025  # share of wrong letters, of those read back, from which a layer is likely wrong

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """What is wrong with the upright lines or with those of another direction."""
        if engine.kind != "textlayer":
            return None
        found = self._of_upright(page, reading, task.limits.threads)
        if found is not None and found.refuses:
            return found
        turned = (self._of_upright(*part, task.limits.threads) for part in turned_parts(page, reading))
        return next((said for said in turned if said is not None and said.refuses), found)

    def _of_upright(self, page: InputPage, reading: Reading, threads: int) -> Finding | None:
        """How many letters of sampled words differ; for scripts the reference recogniser cannot read, how they are drawn."""
        between, edges = gaps(page, reading), edge_ink(page, reading)
        known = evidence_of(page, reading, threads)
        if between is not None and between >= GAPS and not _reads_well(known):  # ink may be drawn between right words
            what = "The words of the text layer do not stand where the words on the page do"
            return self._finding(between, GAPS, what, 0.9)
        if edges is not None and edges >= (CUT if _is_read(known) else EDGES) and not known.vouched:
            what = "The words of the text layer stand half a line beside those on the page"
            return self._finding(edges, EDGES, what, 0.9)
        if (unwritten := self._of_signs(known)) is not None:
            return unwritten
        if (odd := self._of_shapes(page, known.shapes, threads)) is not None:
            return odd
        if known.words.others and not known.vouched and drawn_words.odds(page, known.words.others) > 0:
            return self._finding(1.0, 1.0, "The words of the text layer do not look like those on the page", 0.9)
        if (misspelt := self._of_corrected(known)) is not None:
            return misspelt
        # Without a second pair of eyes geometry, shapes and language must do.
        if known.read is None:
            return reference_recogniser.nobody_looked("textlayer_mismatch", "The text layer was")
        asked, read = known.read.asked
        few = not known.words.others and sum(len(word.letters) for word in known.words.readable) == asked > 1
        if not known.vouched and ((asked >= LEAST_ASKED and read < READ * asked) or (few and not read)):
            what = "Where the text layer has words, the page shows nothing that can be read as letters"
            return self._finding(1 - read / asked, 1 - READ, what, 0.9)
        return self._of_letters(known.read) if known.read.odds > 0 else None

    def _of_signs(self, known: Evidence) -> Finding | None:
        """Whether its characters are no text by themselves: glyphs without a meaning, signs in an order that nobody writes."""
        every = (*known.words.readable, *known.words.others)
        text = " ".join(word.text for word in every)
        unknown = known.words.unknown / max(1, known.words.unknown + sum(len(word.letters) for word in every))
        if unknown >= UNKNOWN:
            what = f"{known.words.unknown} characters of the text layer have no meaning"
            return self._finding(unknown, UNKNOWN, what, WORD * unknown)
        if (moved := misplaced(text)) >= MISPLACED:
            what = f"{moved:.0%} of the vowel signs in the text layer stand where none can, as they are printed and not written"
            return self._finding(moved, MISPLACED, what, WORD * moved)
        if (inside := within(text)) >= WITHIN:
            what = f"{inside:.0%} of the letters that only end words stand within words of the text layer"
            return self._finding(inside, WITHIN, what, 0.9)
        if (share := alefs(text)) < ALEFS:
            what = f"{share:.1%} of the Arabic letters of the text layer are alefs, fewer than in any language"
            return self._finding(share, ALEFS, what, 0.9)
        if (strange := rare(text)) >= RARE:
            what = f"{strange:.0%} of the letters of the text layer are ones that no language has many of"
            return self._finding(strange, RARE, what, 0.9)
        return None

    def _of_shapes(self, page: InputPage, shapes: Shapes, threads: int) -> Finding | None:
        """Whether letters are drawn as others: a few by the word of the reference recogniser, many without."""
        if shapes.share < ODD[0]:
            return None
        words = spread(shapes.odd, ASKED)
        share, odd = shapes.share, words[0]
        readable = [odd for odd in words if probe_of(odd.word).script]
        try:
            wrong = {one.probe.text for one in confirmed(page, [probe_of(odd.word) for odd in readable], threads)}
            share *= (len(words) - len(readable) + len(wrong)) / len(words)
            odd = next((odd for odd in readable if odd.word.text.strip() in wrong), odd)
        except (EngineUnavailable, EngineError):
            wrong = set()
        if share < (ODD[0] if wrong else ODD[1]) or (not wrong and len(words) < ALONE):
            return None
        what = (
            f"Letters of the text layer are others on the page, e.g. in {quote(odd.word.text)}, "
            f"whose {quote(odd.said)} looks like {quote(odd.shown)}"
        )
        return self._finding(share, ODD[0], what, WORD * share)

    def _of_letters(self, found: ReadBack) -> Finding:
        chosen = [one for one in found.seen if one.probe.font in found.suspects] or list(found.seen)
        worst = max(chosen, key=lambda one: one.wrong / len(one.probe.letters))
        wrong = sum(one.wrong > 0 for one in chosen)
        what = (
            f"{wrong} of {len(chosen)} words of the text layer differ from the page, "
            f"e.g. {quote(worst.probe.text)} where it shows {quote(worst.shown)}"
        )
        return self._finding(found.share, self.limit, what, WORD * found.share)

    def _of_corrected(self, known: Evidence) -> Finding | None:
        letters = sum(len(word.letters) for word in (*known.words.readable, *known.words.others))
        limit = CORRECTED if letters > WHOLE or all(map(_may_be_the_readers, known.corrected)) else 1
        if len(known.corrected) < limit:
            return None
        worst = max(known.corrected, key=lambda one: len(one.probe.letters))
        what = (
            f"{len(known.corrected)} words of the text layer are others on the page, "
            f"e.g. {quote(worst.probe.text)} where it shows {quote(worst.shown)}"
        )
        wrong = sum(one.wrong for one in known.corrected)
        return self._finding(len(known.corrected), limit, what, WORD * wrong / letters)

    def _finding(self, value: float, limit: float, what: str, bad: float) -> Finding:
        weight = round(min(0.95, bad), 4)
        return Finding("textlayer_mismatch", round(value, 4), limit, f"{what}.", weight=weight)


def _may_be_the_readers(one: Seen) -> bool:
    """Whether the reader may be as wrong: in two letters, as where a field's edge cuts what hangs below the line, or in a sign
    of which it writes the other form (别 for 別).
    """
    return one.wrong == SLIP or (one.wrong == 1 and any(script_of(sign) == "Hani" for sign in one.probe.letters))


def _reads_well(known: Evidence) -> bool:
    """Whether the words that were looked at can nearly all be read where they stand, as the layer has them."""
    return known.vouched or (known.read is not None and known.read.asked[0] >= WELL[0] and _is_read(known))


def _is_read(known: Evidence) -> bool:
    """Whether nearly all words that were looked at, be they few, can be read where they stand, as the layer has them."""
    if known.read is None:
        return False
    asked, read = known.read.asked
    return 0 < WELL[1] * asked <= read and known.read.odds <= 0
