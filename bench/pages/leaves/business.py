"""Papers of trade and offices: cells, labels and sums."""

from __future__ import annotations

from bench.pages.leaves.leaf import LEFT, RIGHT, Leaf, Maker


def invoice(leaf: Leaf) -> None:
    say = leaf.speech
    leaf.write(LEFT, 70, f"{say.surname()} & Co.", style="bold", size=18)
    for column, (x, lines) in enumerate(
        ((LEFT, say.address()), (390.0, [f"Invoice {say.code()}", say.day(), "Due in 30 days"]))
    ):
        leaf.flow(beside=bool(column))
        for at, line in enumerate(lines):
            leaf.write(x, 120 + 15 * at, line, new=at == 0)
    leaf.y = 200
    count = leaf.rng.randint(3, 9)
    rows = [["Item", "Number", "Price", "Sum"]]
    rows += [
        [f"{say.label()} {say.code()}", str(leaf.rng.randint(1, 40)), say.amount(), say.amount()] for _ in range(count)
    ]
    leaf.columns(rows, (LEFT, 350, 440, RIGHT), right=(1, 2, 3))
    leaf.rule(LEFT, leaf.y, RIGHT, leaf.y)
    leaf.y += 8
    leaf.columns(
        [["Net", say.amount()], ["VAT 20 %", say.amount()], ["Total due", say.amount()]], (380, RIGHT), right=(1,)
    )
    leaf.flow()
    leaf.y += 20
    leaf.paragraph("Please pay by transfer. " + say.prose(1))


def total_at_the_foot(leaf: Leaf) -> None:
    """The sum stands alone at the end of the page, where others have a footer."""
    say = leaf.speech
    leaf.heading(f"Statement {say.code()}", size=16)
    rows = [[say.day(), say.label(), say.amount()] for _ in range(leaf.rng.randint(6, 16))]
    leaf.columns(rows, (LEFT, 190, RIGHT), right=(2,))
    leaf.flow()
    leaf.write(LEFT, leaf.height - 40, f"Total due: {say.amount()}", style="bold", size=12)


def receipt(leaf: Leaf) -> None:
    say = leaf.speech
    leaf.paper(226, 480)
    leaf.body = leaf.type("mono")
    leaf.size = 9
    leaf.write(113, 40, f"{say.surname().upper()} STORES", align="centre", size=11)
    leaf.write(113, 54, f"{leaf.rng.randint(1, 99)} {say.surname()} Road", align="centre")
    leaf.y = 76
    rows = [[say.label().upper()[:22], f"{leaf.rng.uniform(1, 60):.2f}"] for _ in range(leaf.rng.randint(6, 14))]
    leaf.columns(
        [*rows, ["TOTAL", f"{leaf.rng.uniform(60, 400):.2f}"], ["CASH", f"{leaf.rng.randint(400, 500)}.00"]],
        (16, 210),
        right=(1,),
    )
    leaf.flow()
    leaf.write(113, leaf.y + 20, f"{say.day()} {leaf.rng.randint(10, 20)}:{leaf.rng.randint(10, 59)}", align="centre")
    leaf.write(113, leaf.y + 36, "THANK YOU", align="centre")


def form(leaf: Leaf) -> None:
    """Labels with their values on ruled lines, in two columns."""
    say = leaf.speech
    leaf.heading(f"Application {say.code()}", size=16)
    fields = [("Name", say.person()), ("Born", say.day()), ("Town", say.surname()), ("Occupation", say.noun())]
    fields += [("Postcode", str(leaf.rng.randint(10000, 99999))), ("Income", say.amount())]
    fields += [("Telephone", str(leaf.rng.randint(10**6, 10**7))), ("File", say.code())]
    for at in range(0, len(fields), 2):
        leaf.columns([[*fields[at], *fields[at + 1]]], (LEFT, 135, 320, 395), step=1)
        leaf.rule(135, leaf.y + 4, 300, leaf.y + 4)
        leaf.rule(395, leaf.y + 4, RIGHT, leaf.y + 4)
        leaf.y += 20
    leaf.flow()
    leaf.paragraph("I declare that all this is true. " + say.prose(2))


def boxed_form(leaf: Leaf) -> None:
    """Small labels above values in boxes."""
    say, top = leaf.speech, 110.0
    leaf.line("Customs declaration", style="bold", size=16)
    for row in range(5):
        for column in range(2):
            x, y = LEFT + column * 235, top + row * 46
            leaf.frame(x, y, x + 235, y + 46)
            leaf.flow(beside=bool(column))
            leaf.write(x + 5, y + 11, f"{2 * row + column + 1}. {say.label()}", size=7)
            leaf.write(x + 8, y + 33, leaf.rng.choice((say.person, say.day, say.amount, say.code))(), size=12)
    leaf.flow()
    leaf.y = top + 260
    leaf.paragraph(say.prose(3))


def archive_form(leaf: Leaf) -> None:
    """A crowded form of an old file: small print, values in typewriter, a grid, and a number that runs up the margin."""
    say, rng = leaf.speech, leaf.rng
    leaf.y = 48
    for size, text in (
        (13, f"{say.surname()} {say.noun()} company".upper()),
        (8.5, f"Report on {say.label().lower()}"),
    ):
        leaf.write(leaf.width / 2, leaf.y + size, text, style="bold", size=size, align="centre")
        leaf.y += size * 1.7
    leaf.y += 10
    kinds = (say.person, say.day, say.amount, say.code, say.surname)
    for _ in range(rng.randint(9, 14)):
        starts = rng.choice(((50, 300), (50, 230, 400), (50, 390)))
        leaf.flow(cells=True)
        for x, end in zip(starts, (*starts[1:], 560), strict=True):
            stop = leaf.write(x, leaf.y + 9, f"{say.noun().upper() if rng.random() < 0.5 else say.label()}:", size=8)
            value = rng.choice(kinds)()
            if stop + 6 + 5.4 * len(value) < end:
                leaf.write(stop + 6, leaf.y + 9, value, style="mono", size=9)
            leaf.rule(stop + 4, leaf.y + 11, end - 8, leaf.y + 11, 0.4)
        leaf.y += 15
    for _ in range(2):
        leaf.flow()
        leaf.y += 4
        leaf.paragraph(say.prose(rng.randint(2, 3)), x=50, width=505, size=8, style="mono")
    starts, top = [50 + 84 * at for at in range(6)], leaf.y
    rows = [[say.noun().capitalize() for _ in starts]]
    rows += [[say.code(), *(str(rng.randint(0, 99)) for _ in starts[1:])] for _ in range(rng.randint(4, 7))]
    leaf.size = 7.5
    leaf.columns(rows, [x + 4 for x in starts], step=1.6)
    for at in range(len(rows) + 1):
        leaf.rule(50, top + 12 * at - 1, 554, top + 12 * at - 1, 0.4)
    for x in (*starts, 554):
        leaf.rule(x, top - 1, x, top + 12 * len(rows) - 1, 0.4)
    leaf.flow()
    leaf.paragraph(say.prose(2), x=50, width=505, size=7)
    leaf.flow(anywhere=True)
    leaf.upwards(rng.choice((566, 574)), rng.randint(180, 640), str(rng.randint(10**7, 10**8)), size=10)


def key_value(leaf: Leaf) -> None:
    say = leaf.speech
    leaf.heading(say.title())
    kinds = (say.person, say.day, say.amount, say.code, say.surname)
    rows = [[f"{say.label()}:", leaf.rng.choice(kinds)()] for _ in range(leaf.rng.randint(10, 22))]
    leaf.columns(rows, (LEFT, leaf.rng.choice((200, 260, 330))), step=1.7)


def payslip(leaf: Leaf) -> None:
    say = leaf.speech
    leaf.line(f"Payslip {leaf.rng.randint(1, 12):02d}/{leaf.rng.randint(1990, 2025)}", style="bold", size=15, after=2)
    leaf.columns([["Name", say.person(), "Number", str(leaf.rng.randint(1000, 9999))]], (LEFT, 120, 340, 420))
    leaf.y += 14
    rows = [["Code", "Kind", "Hours", "Rate", "Sum"]]
    for _ in range(leaf.rng.randint(5, 12)):
        rows.append(
            [
                str(leaf.rng.randint(100, 999)),
                say.noun().capitalize(),
                str(leaf.rng.randint(1, 160)),
                f"{leaf.rng.uniform(9, 60):.2f}",
                say.amount(),
            ]
        )
    starts = (LEFT + 4, 120, 330, 430, RIGHT - 4)
    top = leaf.y
    leaf.columns(rows, starts, right=(2, 3, 4), step=1.6)
    for at in range(len(rows) + 1):
        leaf.rule(LEFT, top + at * leaf.size * 1.6 - 2, RIGHT, top + at * leaf.size * 1.6 - 2, 0.4)


def business_cards(leaf: Leaf) -> None:
    """Ten on a sheet; one after the other, in any order."""
    say = leaf.speech
    for row in range(5):
        for column in range(2):
            x, y = 50 + 250 * column, 50 + 150 * row
            leaf.frame(x, y, x + 240, y + 140, 0.4)
            leaf.flow(beside=bool(row or column))
            leaf.write(x + 16, y + 34, say.person(), style="bold", size=13)
            for at, line in enumerate(
                (say.noun().capitalize() + " adviser", *say.address()[1:], f"{leaf.rng.randint(10**6, 10**7)}")
            ):
                leaf.write(x + 16, y + 58 + 16 * at, line, new=at == 0)


def price_list(leaf: Leaf) -> None:
    """Dots lead from each name to its price."""
    say = leaf.speech
    leaf.heading(f"Prices from {say.day()}", size=16)
    leaf.flow(cells=True)
    for _ in range(leaf.rng.randint(12, 28)):
        end = leaf.write(LEFT, leaf.y + leaf.size, f"{say.label()} {say.noun()}")
        price = f"{leaf.rng.uniform(1, 300):.2f}"
        leaf.write(RIGHT, leaf.y + leaf.size, price, align="right")
        dots = int((RIGHT - 44 - end) / leaf.canvas.stringWidth(".", leaf.body, leaf.size))
        leaf.canvas.drawString(end + 4, leaf.height - leaf.y - leaf.size, "." * max(3, dots))
        leaf.y += leaf.size * 1.6


def menu(leaf: Leaf) -> None:
    say = leaf.speech
    leaf.write(leaf.width / 2, 80, f"The {say.surname()} Arms", style="bold", size=22, align="centre")
    leaf.y = 110
    for course in ("Starters", "Mains", "Puddings"):
        leaf.flow()
        leaf.heading(course)
        leaf.flow(cells=True)
        for _ in range(leaf.rng.randint(3, 6)):
            leaf.write(LEFT, leaf.y + 11, f"{say.label()} with {say.noun()}")
            leaf.write(RIGHT, leaf.y + 11, f"{leaf.rng.randint(3, 40)}.50", align="right")
            leaf.y += 18


MAKERS: tuple[Maker, ...] = (
    invoice, total_at_the_foot, receipt, form, boxed_form, archive_form, key_value, payslip, business_cards, price_list, menu,
)  # fmt: skip
