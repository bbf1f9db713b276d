"""Letters and what goes with them."""

from __future__ import annotations

from itertools import pairwise

from bench.pages.leaves.leaf import LEFT, RIGHT, Leaf, Maker


def letter(leaf: Leaf) -> None:
    say = leaf.speech
    for line in say.address():
        leaf.write(RIGHT, leaf.y, line, align="right")
        leaf.y += 15
    leaf.y += 30
    leaf.line(say.day())
    leaf.y += 24
    leaf.line(f"Dear {say.person()},")
    leaf.y += 8
    for _ in range(leaf.rng.randint(3, 5)):
        leaf.paragraph(say.prose(4))
    leaf.line("Yours sincerely,")
    leaf.y += 46
    leaf.line(say.person())


def two_addresses(leaf: Leaf) -> None:
    say, top = leaf.speech, 90.0
    for column, x in enumerate((LEFT, 350.0)):
        leaf.flow(beside=bool(column))
        for at, line in enumerate(
            [
                "From" if not column else "To",
                *say.address(),
                f"Tel. {leaf.rng.randint(200, 999)} {leaf.rng.randint(1000, 9999)}",
            ]
        ):
            leaf.write(x, top + 15 * at, line, new=at == 0)
    leaf.flow()
    leaf.y = 200
    leaf.heading(say.title())
    for _ in range(3):
        leaf.paragraph(say.prose(3))


def memo(leaf: Leaf) -> None:
    say = leaf.speech
    leaf.line("MEMORANDUM", style="bold", size=20, after=2)
    leaf.columns(
        [["To:", say.person()], ["From:", say.person()], ["Date:", say.day()], ["Subject:", say.title()]], (LEFT, 140)
    )
    leaf.rule(LEFT, leaf.y + 4, RIGHT, leaf.y + 4)
    leaf.y += 20
    leaf.flow()
    for _ in range(4):
        leaf.paragraph(say.prose(3))


def minutes(leaf: Leaf) -> None:
    say = leaf.speech
    leaf.heading(f"Minutes of the meeting of {say.day()}", size=16)
    leaf.paragraph("Present: " + ", ".join(say.person() for _ in range(5)) + ".")
    for number in range(1, 6):
        leaf.heading(f"{number}. {say.label()}", size=12)
        leaf.paragraph(say.prose(2))
    leaf.paragraph(f"The meeting closed at {leaf.rng.randint(4, 9)}.{leaf.rng.randint(10, 59)} p.m.")


def contract(leaf: Leaf) -> None:
    say = leaf.speech
    leaf.y = 50
    leaf.write(leaf.width / 2, 62, f"CONTRACT {say.code()}", style="bold", size=19, align="centre")
    leaf.y = 90
    leaf.paragraph(f"between {say.person()}, the seller, and {say.person()}, the buyer, made on {say.day()}.")
    for number in range(1, 6):
        leaf.heading(f"§ {number} {say.label()}", size=11)
        for part in range(1, leaf.rng.randint(2, 4)):
            leaf.paragraph(f"({part}) {say.prose(2)}", indent=18)


def signatures(leaf: Leaf) -> None:
    say = leaf.speech
    for _ in range(4):
        leaf.paragraph(say.prose(3))
    leaf.paragraph("Both parties have read this agreement and sign it in two copies.")
    leaf.y += 70
    for column, x in enumerate((LEFT, 330.0)):
        leaf.flow(beside=bool(column))
        leaf.rule(x, leaf.y, x + 190, leaf.y)
        points = [(x + 10 + 8 * k, leaf.y - 14 - leaf.rng.randint(-10, 18)) for k in range(18)]
        for (a, b), (c, d) in pairwise(points):
            leaf.rule(a, b, c, d, 1.1)
        leaf.write(x, leaf.y + 14, say.person())
        leaf.write(x, leaf.y + 29, f"{('Seller', 'Buyer')[column]}, {say.day()}", new=False)


def fax_cover(leaf: Leaf) -> None:
    say = leaf.speech
    leaf.line("FAX", style="bold", size=34, after=1.6)
    leaf.columns(
        [
            ["To", say.person(), "Pages", str(leaf.rng.randint(2, 30))],
            ["Fax", f"{leaf.rng.randint(10, 99)} {leaf.rng.randint(100000, 999999)}", "Date", say.day()],
            ["From", say.person(), "File", say.code()],
        ],
        (LEFT, 120, 340, 400),
        step=2,
    )
    leaf.y += 20
    leaf.flow()
    for _ in range(3):
        leaf.paragraph(say.prose(3), size=12)


def invitation(leaf: Leaf) -> None:
    say = leaf.speech
    leaf.paper(420, 298)
    for size, text in (
        (20, "Invitation"),
        (11, f"{say.person()} and {say.person()}"),
        (11, f"request your company on {say.day()}"),
        (11, f"at {leaf.rng.randint(2, 99)} {say.surname()} Road"),
    ):
        leaf.y += size * 2
        leaf.write(leaf.width / 2, leaf.y, text, size=size, align="centre")


def stamped(leaf: Leaf) -> None:
    say = leaf.speech
    leaf.heading(say.title())
    for _ in range(4):
        leaf.paragraph(say.prose(3))
    x, y = leaf.rng.randint(380, 460), leaf.y + 60
    leaf.flow(anywhere=True, needed=False)
    leaf.canvas.saveState()
    leaf.canvas.setStrokeColorRGB(0.2, 0.25, 0.7)
    for radius in (52, 44):
        leaf.canvas.circle(x, leaf.height - y, radius, stroke=1, fill=0)
    leaf.write(x, y - 4, "RECEIVED", style="bold", size=12, align="centre")
    leaf.write(x, y + 12, say.day(), size=8, align="centre")
    leaf.canvas.restoreState()
    leaf.y += 130
    leaf.flow()
    leaf.paragraph(say.prose(3))


def small_print(leaf: Leaf) -> None:
    say = leaf.speech
    leaf.line(f"Terms of {say.label().lower()}", style="bold", size=13, after=1.8)
    for number in range(1, 12):
        leaf.paragraph(f"{number}. {say.prose(4)}", size=6.5)


def german(leaf: Leaf) -> None:
    leaf.heading("Bekanntmachung", size=16)
    for _ in range(leaf.rng.randint(4, 7)):
        leaf.paragraph(leaf.speech.prose(3, "de"))


def french(leaf: Leaf) -> None:
    leaf.heading("Avis aux voyageurs", size=16)
    for _ in range(leaf.rng.randint(4, 7)):
        leaf.paragraph(leaf.speech.prose(3, "fr"))


MAKERS: tuple[Maker, ...] = (
    letter, two_addresses, memo, minutes, contract, signatures, fax_cover, invitation, stamped, small_print, german, french,
)  # fmt: skip
