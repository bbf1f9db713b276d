"""What stands on the sample pages: our own words, written for this purpose. A bar shows where a word may be divided."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["title", "heading", "text", "address", "item", "footnote", "header", "footer", "ruled", "unruled"]


@dataclass(frozen=True)
class Part:
    """One block of a page. Tables have rows, the first of which is their head; all others have text."""

    kind: Kind
    text: str = ""
    marker: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Sheet:
    """One page: its blocks in reading order, and how it is set."""

    parts: tuple[Part, ...]
    columns: int = 1
    font: str = "Serif"
    size: float = 11.0
    leading: float = field(default=1.35)


def text(words: str) -> Part:
    """A paragraph."""
    return Part("text", words)


def heading(words: str) -> Part:
    """A section's heading."""
    return Part("heading", words)


def item(marker: str, words: str) -> Part:
    """An item of a list."""
    return Part("item", words, marker)


LETTER_EN = Sheet(
    (
        Part("address", "Harbour Street Library\n14 Harbour Street\nWestcliff WC4 2HL"),
        Part("address", "12 March 2024"),
        Part("address", "Mrs Eleanor Whitfield\n7 Orchard Lane\nWestcliff WC2 9TR"),
        text("Dear Mrs Whitfield,"),
        text(
            "Thank you for your generous gift of forty-three books on the history of our coast. They arrived on "
            "Tuesday in good condition, and our two volunteers spent most of the afternoon looking through them. "
            "The tide tables of 1911, with the pencil notes in the margin, pleased everybody who saw them."
        ),
        text(
            "We would like to show some of the books in the reading room from 2 April to 30 June. The cases are "
            "locked, the light is kept low, and nothing leaves the building. If you would rather have your name "
            "left off the cards, please tell us before the end of the month; otherwise each card will say "
            "“Gift of E. Whitfield, 2024”."
        ),
        text(
            "Three volumes need a new binding. The estimate is £185.50 for all three, which our repair fund can "
            "cover, so there is nothing for you to pay. The work takes about six weeks, and you are welcome to "
            "visit the workshop while it is done. It isn't far: take bus 27 to Mill Road and ask for Mr Osei."
        ),
        text(
            "On Saturday, 20 April, at 3:30 p.m. we hold a small tea for everyone who has given books this year. "
            "We hope very much that you can come. Please bring a guest if you like."
        ),
        text("Yours sincerely,"),
        Part("address", "Jonathan Marsh\nHead Librarian"),
    ),
    size=11.5,
)

LETTER_RU = Sheet(
    (
        Part("address", "Городская библиотека\nул. Садовая, д. 14\nг. Приморск"),
        Part("address", "12 марта 2024 г."),
        text("Уважаемая Елена Викторовна!"),
        text(
            "Благодарим Вас за щедрый подарок: сорок три книги по истории нашего побережья. Они прибыли во вторник "
            "в хорошем состоянии, и две наши помощницы провели за ними почти весь день. Особенно всех обрадовали "
            "таблицы приливов 1911 года с карандашными заметками на полях."
        ),
        text(
            "Мы хотели бы показать часть книг в читальном зале со 2 апреля по 30 июня. Витрины закрыты на ключ, "
            "свет приглушён, и ни одна книга не покидает здания. Если Вы не хотите, чтобы на карточках стояло Ваше "
            "имя, сообщите нам, пожалуйста, до конца месяца."
        ),
        text(
            "Три тома нуждаются в новом переплёте. Работа стоит 18 550 рублей, эти расходы покроет наш фонд, "
            "поэтому платить Вам ничего не нужно. Ремонт займёт около шести недель, и Вы можете посетить "
            "мастерскую, пока он идёт. Это недалеко: автобус № 27 до улицы Мельничной."
        ),
        text(
            "В субботу, 20 апреля, в 15:30 мы устраиваем чаепитие для всех, кто дарил книги в этом году. "
            "Будем очень рады видеть Вас и Ваших друзей."
        ),
        text("С уважением,"),
        Part("address", "Иван Марченко\nзаведующий библиотекой"),
    ),
    size=11.5,
)

ARTICLE = Sheet(
    (
        Part("header", "Notes on Small Rivers, vol. 8"),
        Part("title", "Why the Ashbrook Floods in Spring"),
        heading("1. The question"),
        text(
            "Every spring the meadows below Ash|brook mill stand un|der water for some days, al|though the win|ters have "
            "be|come drier. The peo|ple of the vil|lage blame the weir. We mea|sured the wa|ter lev|el at four places be|tween "
            "2019 and 2023 to find out wheth|er they are right. The an|swer is that the weir is in|no|cent, and that a road is "
            "not."
        ),
        heading("2. What was measured"),
        text(
            "Four gauges were set in the river: above the mill, at the weir, at the road bridge and one kil|o|me|tre "
            "be|low it. Each wrote down the level ev|ery ten min|utes. Rain was mea|sured on the roof of the school.¹ "
            "In five years only nine days are miss|ing, all of them in Jan|u|ary 2021, when the gauge at the bridge froze."
        ),
        text(
            "The weir was opened fully in three of the five springs and kept shut in the oth|er two. If it were the cause, "
            "the floods should dif|fer. They do not: the wa|ter stood 41 cm above the mead|ow with the weir shut and 43 cm "
            "with the weir open, which is less than the er|ror of the gauges."
        ),
        heading("3. The culvert"),
        text(
            "The dif|fer|ence ap|pears be|tween the third gauge and the fourth. The new road crosses the stream on a "
            "cul|vert of two pipes, each 90 cm wide. When more than 1.6 cu|bic me|tres ar|rive in a sec|ond, the pipes are full "
            "and the stream backs up in|to the mead|ows. Be|fore 2015 a ford stood there, which no flood could fill."
        ),
        text(
            "Leaves make it worse. In March 2022 we cleared the grat|ing on a Mon|day; the level fell by 28 cm in "
            "six hours, with|out any change of the weath|er. A third pipe of the same width would car|ry the high|est "
            "flow that we have seen."
        ),
        heading("4. Conclusion"),
        text(
            "The weir may stay. The parish should first clear the grat|ing ev|ery week from Feb|ru|ary to April, which costs "
            "noth|ing, and then ask the coun|ty for a third pipe."
        ),
        Part("footnote", "¹ The school keeps its own rain book since 1954; we thank the pupils of class 6."),
        Part("footer", "Page 17"),
    ),
    columns=2,
    leading=1.6,
    size=12,
)

INVOICE = Sheet(
    (
        Part("title", "Invoice 2024-0817"),
        Part("address", "Brightwater Garden Supplies\nUnit 5, Canal Wharf, Northport\nDate: 17 August 2024"),
        text("For delivery to Meadow View School on 14 August 2024:"),
        Part(
            "ruled",
            rows=(
                ("Article", "Quantity", "Unit price", "Amount"),
                ("Apple tree, two years", "12", "18.50", "222.00"),
                ("Compost, bag of 40 litres", "30", "6.20", "186.00"),
                ("Garden spade", "4", "27.90", "111.60"),
                ("Watering can, 10 litres", "8", "9.75", "78.00"),
            ),
        ),
        text("The amounts are in euros. The total is made up as follows:"),
        Part(
            "unruled",
            rows=(
                ("Position", "Rate", "Euros"),
                ("Goods", "", "597.60"),
                ("Delivery", "", "35.00"),
                ("Value added tax", "19 %", "120.19"),
                ("Total", "", "752.79"),
            ),
        ),
        text(
            "Please pay within 14 days to the account given in our offer. Plants that have not taken root by the "
            "first of May are replaced free of charge."
        ),
    ),
    font="Sans",
    size=10.5,
)

NOTICE = Sheet(
    (
        Part("title", "Rules for the Use of the Boat House"),
        text(
            "The boat house is open to all members from six in the morning until one hour after sunset. The last "
            "person to leave locks both doors and hangs the key in the box beside the gate."
        ),
        item("1.", "Write your name and the number of the boat into the book before you go out."),
        item("2.", "Nobody rows alone between November and March."),
        item("3.", "Children under twelve wear a life jacket at all times, also on the landing stage."),
        item("4.", "A boat that has been damaged is turned upside down and reported the same day."),
        item("5.", "Oars are wiped dry and put back on the rack with the blades up."),
        text(
            "Anyone who finds the water above the red mark on the pole stays ashore. The mark was set after the "
            "flood of 1968 and has never been wrong since."
        ),
        text("The committee meets on the first Thursday of each month at 19:30."),
    ),
    size=12,
)

RECIPE = Sheet(
    (
        Part("title", "Barley Soup for Eight"),
        text(
            "This soup was cooked on the island ferry every winter until 1987. It keeps for three days and is better "
            "on the second."
        ),
        heading("What you need"),
        item("•", "250 g pearl barley, soaked overnight"),
        item("•", "3 carrots, 2 leeks and half a celery root"),
        item("•", "2 litres of vegetable stock"),
        item("•", "a bay leaf, salt, black pepper, a spoon of butter"),
        heading("How it is done"),
        text(
            "Melt the butter in a large pot and let the chopped leeks soften without browning. Add the barley and "
            "stir for two minutes. Pour in the stock, add the bay leaf and cook gently for forty minutes."
        ),
        text(
            "Cut the carrots and the celery root into small cubes, add them and cook for another twenty minutes. "
            "Take out the bay leaf. Season with salt and plenty of pepper, and serve with dark bread."
        ),
    ),
    font="Sans",
    size=12,
)

REPORT = (
    Sheet(
        (
            Part("header", "Annual report of the cycle workshop"),
            Part("title", "The Cycle Workshop in Its Third Year"),
            heading("Repairs"),
            text(
                "In 2023 the workshop repaired 1,264 bicycles, a fifth more than the year before. Half of them came in "
                "April and May. A flat tyre is still the most frequent complaint, followed by worn brakes; the number "
                "of electric bicycles has doubled."
            ),
            heading("People"),
            text("Twenty-two volunteers share the work. This year they have learned to:"),
            item("•", "build a wheel from hub, spokes and rim,"),
            item("•", "read the error codes of three makes of motor,"),
            item("•", "weld a steel frame."),
            text(
                "Every new volunteer is looked after by an older one for the first ten evenings. Nobody has left during "
                "that time since the rule was made."
            ),
            Part("footer", "1"),
        ),
    ),
    Sheet(
        (
            Part("header", "Annual report of the cycle workshop"),
            heading("Money"),
            text(
                "The city paid the rent, as agreed in the contract of 2021. Spare parts cost 9,840 euros and brought in "
                "11,215. The difference was spent on a truing stand and on a second set of cone spanners."
            ),
            Part(
                "ruled",
                rows=(
                    ("Year", "Bicycles", "Parts (euros)"),
                    ("2021", "702", "5,130"),
                    ("2022", "1,053", "8,475"),
                    ("2023", "1,264", "9,840"),
                ),
            ),
            heading("Next year"),
            text(
                "We want to open on Saturdays. For this we need six more volunteers and a stove, because the hall "
                "cannot be heated on weekends. Offers of either are welcome at the counter."
            ),
            Part("footer", "2"),
        ),
    ),
)

SCANNED = (
    Sheet(
        (
            Part("title", "Minutes of the Allotment Society"),
            text(
                "The meeting of 9 September 2023 was opened at 10:05 by the chair, Ms Adeyemi. Thirty-one members were "
                "present and four had sent their apologies. The minutes of the spring meeting were read and approved."
            ),
            heading("Water"),
            text(
                "The pump by the north gate failed twice in July. Mr Lindqvist has found a second-hand motor for 340 "
                "euros. The members voted to buy it, with one against. Until it is fitted, the barrels at the south "
                "fence are shared: two cans a day for each garden."
            ),
        ),
        size=12,
    ),
    Sheet(
        (
            heading("Hedges"),
            text(
                "Hedges along the main path may be as high as a grown person's shoulder and no higher. Whoever has a "
                "nesting bird in the hedge waits with the cutting until August. The society owns two pairs of long "
                "shears, which hang in the tool shed and are signed for in the green book."
            ),
            heading("Thefts"),
            text(
                "In August pumpkins were taken from five gardens. The chair has written to the police. Several members "
                "asked for a lamp at the car park; the board will obtain a price before winter."
            ),
        ),
        size=12,
    ),
    Sheet(
        (
            heading("Elections"),
            text(
                "Ms Adeyemi was elected chair for two more years. Mr Lindqvist gives up the accounts after eleven years "
                "and was thanked with a pear tree. Ms Kowalczyk takes over from him on the first of January."
            ),
            heading("Other business"),
            text(
                "The autumn market is held on 7 October from nine to two. Cakes are brought to the hut before half past "
                "eight. The chair closed the meeting at 12:20 and invited everybody to soup."
            ),
        ),
        size=12,
    ),
)

HIDDEN = Sheet(
    (
        Part("title", "How to Wind the Tower Clock"),
        text(
            "The clock has three weights, and each is wound by its own crank. Begin with the one on the left, which "
            "drives the hands; it needs sixty turns. The middle one strikes the quarters and needs ninety. The one on "
            "the right strikes the hours and is the heaviest of all."
        ),
        text(
            "Never wind while the clock is about to strike. Wait until the hammer has come to rest, then count to ten. "
            "If a crank will not move, do not force it: the pawl has slipped, and a second pair of hands is needed to "
            "lift it back."
        ),
        text(
            "Enter the date, the hour and the number of turns into the book on the shelf. It has been kept without a "
            "gap since 1902."
        ),
    ),
    size=12,
)

CIPHER = Sheet(
    (
        Part("title", "The Night Train to the Lakes"),
        text(
            "The night train leaves from platform nine at 22:48 and reaches the lakes at seven in the morning. "
            "Passengers for the northern shore change at the junction, where the waiting room is heated and coffee is "
            "sold from a hatch in the wall."
        ),
        text(
            "Bicycles travel in the last coach. They are hung by the front wheel, and the hooks are numbered; the "
            "number stands on the ticket. Tents may be dried in the corridor, as long as nobody stumbles over them."
        ),
        text(
            "In summer the guard wakes everyone for the sunrise at the long bridge. He knocks twice, says nothing, and "
            "goes on to the next door."
        ),
    ),
    font="Sans",
    size=11.5,
)
