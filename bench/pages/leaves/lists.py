"""Lists, verse, plays, questions."""

from __future__ import annotations

from bench.pages.leaves.leaf import LEFT, RIGHT, Leaf, Maker


def bullets(leaf: Leaf) -> None:
    leaf.heading(leaf.speech.title())
    leaf.paragraph(leaf.speech.prose(2))
    for _ in range(leaf.rng.randint(6, 12)):
        leaf.canvas.setFillColor(leaf.ink)
        leaf.canvas.circle(LEFT + 5, leaf.height - leaf.y - 7, 1.8, stroke=0, fill=1)
        leaf.paragraph(leaf.speech.prose(leaf.rng.randint(1, 2)), x=LEFT + 18, width=440)
    leaf.paragraph(leaf.speech.prose(2))


def numbered(leaf: Leaf) -> None:
    leaf.heading(leaf.speech.title())
    for number in range(1, leaf.rng.randint(7, 13)):
        leaf.paragraph(f"{number}. {leaf.speech.prose(leaf.rng.randint(1, 3))}", indent=16)


def nested_list(leaf: Leaf) -> None:
    say = leaf.speech
    leaf.heading(say.title())
    for number in range(1, leaf.rng.randint(4, 6)):
        leaf.paragraph(f"{number}. {say.sentence()}", indent=16)
        for letter in "abc"[: leaf.rng.randint(1, 3)]:
            leaf.paragraph(f"{letter}) {say.sentence()}", x=LEFT + 26, width=430, indent=14)


def poem(leaf: Leaf) -> None:
    say = leaf.speech
    leaf.line(say.title(), style="bold", size=15, after=2.4)
    for _ in range(leaf.rng.randint(4, 6)):
        for line in range(4):
            text = f"{say.noun()} {say.noun()} and {say.noun()} of {say.surname()}"
            leaf.write(LEFT + 60 + 14 * (line % 2), leaf.y + 11, text.capitalize(), new=line == 0)
            leaf.y += 16
        leaf.y += 16


def play(leaf: Leaf) -> None:
    say = leaf.speech
    names = [say.surname().upper() for _ in range(3)]
    leaf.line(f"Scene {leaf.rng.randint(2, 9)}", style="bold", size=14, after=2)
    for _ in range(leaf.rng.randint(8, 13)):
        leaf.paragraph(f"{leaf.rng.choice(names)}: {say.prose(leaf.rng.randint(1, 3))}", indent=24)


def exam(leaf: Leaf) -> None:
    say = leaf.speech
    leaf.heading("Questions", size=16)
    for number in range(1, leaf.rng.randint(5, 8)):
        leaf.flow()
        leaf.paragraph(f"{number}. What did {say.person()} say of the {say.noun()}?")
        leaf.flow(cells=True)
        for at in range(2):
            for column in range(2):
                leaf.write(
                    LEFT + 30 + 230 * column,
                    leaf.y + 11,
                    f"{'ABCD'[2 * at + column]}) {say.label()} {leaf.rng.randint(10, 99)}",
                )
            leaf.y += 18
        leaf.y += 8


def questions_in_boxes(leaf: Leaf) -> None:
    """Tinted boxes between paragraphs."""
    say = leaf.speech
    for _ in range(leaf.rng.randint(3, 4)):
        leaf.paragraph(say.prose(3))
        leaf.tint(LEFT, leaf.y, RIGHT, leaf.y + 62, leaf.rng.choice(("#dfe8f2", "#f2e6d0", "#e2f0df")))
        leaf.y += 10
        leaf.paragraph(say.prose(2), x=LEFT + 12, width=440, bottom=leaf.y + 50)
        leaf.y += 22


def programme(leaf: Leaf) -> None:
    say = leaf.speech
    leaf.write(leaf.width / 2, 80, f"Programme of {say.day()}", style="bold", size=16, align="centre")
    leaf.y = 110
    leaf.flow(cells=True)
    hour = 8
    for _ in range(leaf.rng.randint(8, 14)):
        hour += leaf.rng.randint(0, 1)
        leaf.write(LEFT, leaf.y + 11, f"{hour}:{leaf.rng.randint(10, 59)}", style="bold")
        leaf.write(130, leaf.y + 11, say.title())
        leaf.write(130, leaf.y + 25, f"{say.person()}, {say.surname()}", size=9)
        leaf.y += 40


MAKERS: tuple[Maker, ...] = (bullets, numbered, nested_list, poem, play, exam, questions_in_boxes, programme)
