"""Arrangements of short blocks side by side: addresses, signatures, keys and values, lists under a paragraph."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench.pages import texts
from bench.pages.setter import LEFT, RIGHT, Setter


def _beside(s: Setter, y: float, blocks: Sequence[Sequence[str]], places: Sequence[float], lead: float = 1.3) -> float:
    """Blocks side by side, one read after the other; the y below the longest."""
    font = s.body(18, 23)
    return max(s.rows(x, y, block, font, lead=lead) for x, block in zip(places, blocks, strict=True))


def two_addresses(s: Setter) -> None:
    heads = s.rng.choice((("From:", "To:"), ("Bill to", "Ship to"), ("Seller", "Buyer"), ("", "")))
    blocks = [[head, *s.address()] if head else s.address() for head in heads]
    y = _beside(s, 140, blocks, (LEFT, s.rng.randint(560, 720)))
    s.fill(LEFT, RIGHT, y + 70, y + 500, s.body())


def addresses_below_text(s: Setter) -> None:
    y = s.fill(LEFT, RIGHT, 130, 560, s.body())
    count = s.rng.randint(3, 5)
    _beside(s, y + 50, [s.address(count), s.address(count)], (LEFT, s.rng.randint(560, 720)))


def three_addresses(s: Setter) -> None:
    heads = s.rng.choice((("Sender", "Recipient", "Payer"), ("Offices", "Workshop", "Stores")))
    y = _beside(s, 160, [[head, *s.address(4)] for head in heads], (LEFT, 460, 810))
    s.fill(LEFT, RIGHT, y + 60, y + 500, s.body())


def letterhead(s: Setter) -> None:
    """Sender at the left, what belongs to the letter at the right."""
    font = s.body(18, 22)
    s.rows(LEFT, 130, s.address(5), font)
    y = 130.0
    for text in (s.title(2), f"Tel. 555 {s.rng.randint(1000, 9999)}", "office@example.org", s.date(), "Page 1"):
        s.right(RIGHT, y, text, font)
        y += 1.35 * font.size
    s.fill(LEFT, RIGHT, y + 80, y + 700, font)


def _signer(s: Setter, line: bool) -> list[str]:
    ruled = ["_" * s.rng.randint(18, 24)] if line else []
    return [*ruled, s.name(), s.role(), f"Date: {s.date()}"]


def two_signatures(s: Setter) -> None:
    y = s.fill(LEFT, RIGHT, 130, 700, s.body())
    line = s.rng.random() < 0.6
    _beside(s, y + 90, [_signer(s, line), _signer(s, line)], (LEFT, s.rng.randint(580, 720)))


def three_signatures(s: Setter) -> None:
    y = s.fill(LEFT, RIGHT, 130, 700, s.body())
    line = s.rng.random() < 0.6
    _beside(s, y + 90, [_signer(s, line)[: 4 if line else 3] for _ in range(3)], (LEFT, 470, 830))


def keys_far_from_values(s: Setter) -> None:
    font, y = s.body(18, 23), 150.0
    for key in s.fields(s.rng.randint(4, 7)):
        s.line(LEFT, y, key, font)
        s.right(RIGHT, y, s.value(), font)
        y += 1.4 * font.size
    s.fill(LEFT, RIGHT, y + 60, y + 500, font)


def keys_near_values(s: Setter) -> None:
    font, y = s.body(18, 23), 150.0
    colon = s.rng.choice((":", ""))
    for key in s.fields(s.rng.randint(4, 7)):
        s.line(LEFT, y, key + colon, font)
        s.line(LEFT + 300, y, s.value(), font)
        y += 1.4 * font.size
    s.fill(LEFT, RIGHT, y + 60, y + 500, font)


def keys_twice(s: Setter) -> None:
    """Two columns of keys with their values, read across."""
    font, y = s.body(18, 21), 150.0
    keys = s.fields(8)
    for left, right in zip(keys[::2], keys[1::2], strict=True):
        for x, key in ((LEFT, left), (650, right)):
            s.line(x, y, f"{key}:", font)
            s.line(x + 220, y, s.value(), font)
        y += 1.5 * font.size
    s.fill(LEFT, RIGHT, y + 60, y + 500, font)


def mail_head(s: Setter) -> None:
    font, y = s.body(18, 23), 140.0
    for key, value in (("From:", s.name()), ("To:", s.name()), ("Date:", s.date()), ("Subject:", s.title(5))):
        s.line(LEFT, y, key, font)
        s.line(LEFT + 140, y, value, font)
        y += 1.4 * font.size
    s.fill(LEFT, RIGHT, y + 50, y + 600, font)


def short_lists(s: Setter) -> None:
    """Short columns under a paragraph over the whole width."""
    font = s.body(18, 22)
    y = s.paragraph(LEFT, RIGHT, 130, font, sentences=4) + s.rng.choice((10, 30))
    rows = s.rng.randint(4, 7)
    y = max(s.rows(x, y, [f"• {s.title(s.rng.randint(2, 3))}" for _ in range(rows)], font) for x in (LEFT, 470, 830))
    s.paragraph(LEFT, RIGHT, y + 30, font, sentences=3)


def numbers_in_columns(s: Setter) -> None:
    """A list of goods with their numbers, without rules, read across."""
    font, y = s.body(18, 22), 150.0
    goods = s.rng.sample(texts.GOODS, k=min(6, len(texts.GOODS)))
    for item in goods:
        s.line(LEFT, y, item, font)
        for x in (640, 880, 1110):
            s.right(x, y, f"{s.rng.uniform(1, 900):.2f}", font)
        y += 1.4 * font.size
    s.fill(LEFT, RIGHT, y + 50, y + 400, font)


def invoice(s: Setter) -> None:
    font = s.body(18, 21)
    y = _beside(s, s.heading(100), [["Bill to:", *s.address(4)], ["Ship to:", *s.address(4)]], (LEFT, 650)) + 40
    y = s.grid(LEFT, y, (380, 200, 200, 240), 6, font, ruled=s.rng.random() < 0.5) + 20
    for key in ("Subtotal", "Tax", "Total due"):
        s.line(720, y, key, font)
        s.right(RIGHT - 10, y, f"{s.rng.uniform(10, 9999):.2f}", font)
        y += 1.5 * font.size
    s.paragraph(LEFT, RIGHT, y + 50, font, sentences=2)


BESIDE: tuple[Callable[[Setter], None], ...] = (
    two_addresses, addresses_below_text, three_addresses, letterhead, two_signatures, three_signatures,
    keys_far_from_values, keys_near_values, keys_twice, mail_head, short_lists, numbers_in_columns, invoice,
)  # fmt: skip
