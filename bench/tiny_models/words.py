"""Text to read: words of two languages, invented words, numbers; one part of all words is kept for evaluation only."""

from __future__ import annotations

from random import Random
from zlib import crc32

LATIN = [
    "about",
    "above",
    "across",
    "after",
    "again",
    "against",
    "almost",
    "along",
    "already",
    "also",
    "always",
    "among",
    "animal",
    "another",
    "answer",
    "around",
    "autumn",
    "away",
    "balance",
    "basket",
    "beautiful",
    "because",
    "become",
    "before",
    "behind",
    "believe",
    "below",
    "beside",
    "better",
    "between",
    "beyond",
    "blanket",
    "bottle",
    "branch",
    "bread",
    "bridge",
    "bright",
    "broken",
    "brother",
    "build",
    "butter",
    "button",
    "candle",
    "captain",
    "careful",
    "carry",
    "castle",
    "change",
    "chapter",
    "children",
    "choose",
    "circle",
    "clean",
    "clever",
    "cloud",
    "coffee",
    "common",
    "company",
    "corner",
    "cotton",
    "country",
    "courage",
    "cover",
    "crystal",
    "curtain",
    "danger",
    "daughter",
    "decide",
    "deliver",
    "desert",
    "different",
    "dinner",
    "distance",
    "doctor",
    "double",
    "dream",
    "during",
    "early",
    "earth",
    "eastern",
    "edge",
    "eight",
    "either",
    "empty",
    "engine",
    "enough",
    "evening",
    "every",
    "example",
    "famous",
    "farmer",
    "father",
    "favour",
    "feather",
    "field",
    "figure",
    "final",
    "finger",
    "finish",
    "flower",
    "follow",
    "foreign",
    "forest",
    "forward",
    "friend",
    "frozen",
    "garden",
    "gather",
    "gentle",
    "glass",
    "golden",
    "ground",
    "guide",
    "habit",
    "hammer",
    "happen",
    "harbour",
    "heavy",
    "height",
    "hidden",
    "history",
    "holiday",
    "honest",
    "hundred",
    "hungry",
    "island",
    "jacket",
    "journey",
    "judge",
    "jungle",
    "justice",
    "kettle",
    "kingdom",
    "kitchen",
    "knife",
    "ladder",
    "language",
    "later",
    "laugh",
    "leader",
    "learn",
    "leather",
    "lemon",
    "letter",
    "library",
    "light",
    "limit",
    "listen",
    "little",
    "machine",
    "manner",
    "market",
    "matter",
    "measure",
    "medicine",
    "member",
    "memory",
    "message",
    "metal",
    "middle",
    "minute",
    "mirror",
    "modern",
    "moment",
    "monkey",
    "morning",
    "mountain",
    "music",
    "narrow",
    "nature",
    "needle",
    "neighbour",
    "never",
    "night",
    "noise",
    "normal",
    "north",
    "nothing",
    "number",
    "object",
    "ocean",
    "office",
    "often",
    "opinion",
    "orange",
    "order",
    "other",
    "outside",
    "paper",
    "parent",
    "partner",
    "path",
    "pencil",
    "people",
    "perfect",
    "person",
    "picture",
    "pilot",
    "planet",
    "plenty",
    "pocket",
    "police",
    "popular",
    "possible",
    "powder",
    "present",
    "pretty",
    "price",
    "prison",
    "problem",
    "promise",
    "proud",
    "public",
    "purple",
    "quality",
    "quarter",
    "question",
    "quick",
    "quiet",
    "rabbit",
    "railway",
    "rather",
    "reason",
    "record",
    "remember",
    "repair",
    "report",
    "result",
    "return",
    "ribbon",
    "right",
    "river",
    "sailor",
    "sample",
    "school",
    "science",
    "season",
    "second",
    "secret",
    "sentence",
    "seven",
    "shadow",
    "shelter",
    "shoulder",
    "silence",
    "silver",
    "simple",
    "sister",
    "sleep",
    "smooth",
    "soldier",
    "someone",
    "spring",
    "square",
    "station",
    "steady",
    "stone",
    "storm",
    "story",
    "straight",
    "strange",
    "street",
    "strong",
    "student",
    "subject",
    "sudden",
    "sugar",
    "summer",
    "sunday",
    "surface",
    "sweet",
    "system",
    "table",
    "talk",
    "teacher",
    "thank",
    "theatre",
    "thick",
    "thing",
    "thousand",
    "through",
    "ticket",
    "together",
    "tomorrow",
    "tongue",
    "toward",
    "travel",
    "treasure",
    "trouble",
    "twelve",
    "uncle",
    "under",
    "until",
    "useful",
    "valley",
    "village",
    "visit",
    "voice",
    "wagon",
    "walk",
    "warm",
    "water",
    "weather",
    "welcome",
    "western",
    "wheel",
    "where",
    "whisper",
    "white",
    "winter",
    "wisdom",
    "within",
    "without",
    "woman",
    "wonder",
    "wooden",
    "world",
    "write",
    "yellow",
    "yesterday",
    "young",
    "zero",
]

CYRILLIC = """
автор адрес август апрель берег беседа билет больше большой бумага быстро важный ветер вечер видеть внимание вместе
вокруг волна воздух вопрос впереди время всегда встреча второй высокий газета глубина говорить голос город гость
граница группа давно далёкий дверь двор девочка декабрь делать день деревня дерево деньги длинный доктор дождь долгий
домашний дорога друг думать единый жёлтый жизнь журнал забота завод завтра задача закон запад запись здание здоровье
зелёный земля зима знание значить золото игра идея известный иногда искать история июнь каждый камень карандаш карта
квартира книга князь комната конец корабль короткий красивый крепкий круглый крыша кухня лампа лебедь лёгкий лестница
летний лимон лист лодка ложка лучший любить магазин маленький март машина между место месяц мечта минута многие молоко
море мост музыка мысль народ наука начало небо неделя новый ночь нужный облако образ общий обычно огонь один озеро
октябрь опыт осень остров ответ отдых отец открыть память парус первый песня письмо план площадь победа погода подарок
поезд поле помощь понять порядок после поход почта правда праздник предмет пример природа простой птица путь пшеница
работа радость рассказ река решение рисунок рождение рука рынок рядом сегодня север семья сентябрь серебро сердце
середина сильный синий сказка скорый слово служба случай смелый снег событие солнце соль сосед союз среда средний старый
статья стена степь столица страна стрела студент субботa счастье таблица тайна театр тёплый терпение тетрадь тихий
товар тонкий трава третий труд туман тысяча тяжёлый угол удача узкий улица умный урок успех утро учебник учитель фабрика
февраль физика форма хлеб хозяин холодный хороший художник цвет цель цена центр церковь частый человек чёрный честный
четверг число чистый читать чудо шаг широкий школа шутка щенок экзамен энергия этаж юность яблоко явление язык январь
ясный ящик
""".replace("субботa", "суббота").split()

LETTERS = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
MARKS = " .,;:!?()'«»-/%№$+#"
CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" + LETTERS + LETTERS.upper() + MARKS
"""All that is ever drawn. Quotation marks of the typewriter are not: an answer in JSON would have to escape them."""

# Letters that look alike in both scripts: a word made of nothing else could be either.
ALIKE = frozenset("aceopxyABCEHKMOPTXYасеорхуАВСЕНКМОРТХУ")
_ONSETS = {
    "latin": [
        "b",
        "c",
        "d",
        "f",
        "g",
        "h",
        "j",
        "k",
        "l",
        "m",
        "n",
        "p",
        "qu",
        "r",
        "s",
        "t",
        "v",
        "w",
        "z",
        "br",
        "cl",
        "dr",
        "fl",
        "gr",
        "pl",
        "st",
        "tr",
        "th",
        "sh",
        "ch",
        "sk",
        "sp",
    ],
    "cyrillic": [
        "б",
        "в",
        "г",
        "д",
        "ж",
        "з",
        "к",
        "л",
        "м",
        "н",
        "п",
        "р",
        "с",
        "т",
        "ф",
        "х",
        "ц",
        "ч",
        "ш",
        "щ",
        "бр",
        "вл",
        "гр",
        "др",
        "кл",
        "пр",
        "ст",
        "тр",
        "св",
        "сн",
    ],
}
_VOWELS = {
    "latin": ["a", "e", "i", "o", "u", "y", "ea", "ou", "ai"],
    "cyrillic": ["а", "е", "и", "о", "у", "ы", "э", "ю", "я", "ё", "ий", "ой"],
}
_CODAS = {
    "latin": ["", "", "", *["n", "r", "s", "t", "l", "m", "x", "ck", "nd", "ng"]],
    "cyrillic": ["", "", "", *["н", "р", "с", "т", "л", "м", "й", "ть", "сь", "нь", "ъём"]],
}
_HELD_OUT = 8  # one word of so many is never seen in training


def held_out(word: str) -> bool:
    """Whether training never shows this word. The case does not matter."""
    return crc32(word.lower().encode()) % _HELD_OUT == 0


class Writer:
    """Writes text for one split.

    Args:
        rng: decides everything.
        script: ``latin``, ``cyrillic``, ``digits`` or ``mixed`` (words of both, each with a letter of its own script).
        evaluation: use words kept from training, and no others; numbers of one or two digits are in both.
    """

    def __init__(self, rng: Random, script: str, *, evaluation: bool) -> None:
        self.rng = rng
        self.script = script
        self.evaluation = evaluation

    def token(self, *, first: bool = False) -> str:
        """One word or number with its punctuation; ``first`` begins a sentence."""
        rng = self.rng
        if self.script == "digits" or rng.random() < 0.14:
            return self._number()
        word = self._word()
        style = rng.random()
        if style < 0.08:
            word = word.upper()
        elif first or style < 0.2:
            word = word[0].upper() + word[1:]
        mark = rng.random()
        if mark < 0.72:
            return word
        if mark < 0.90:
            return word + rng.choice(",,,...;:!?")
        if mark < 0.94:
            return f"({word})"
        if mark < 0.97:
            return f"«{word}»" if self.script == "cyrillic" else f"'{word}'"
        return f"{word}-{self._word()}"

    def _word(self) -> str:
        while True:
            script = self.script if self.script != "mixed" else self.rng.choice(("latin", "cyrillic"))
            if self.rng.random() < 0.5:
                word = self.rng.choice(LATIN if script == "latin" else CYRILLIC)
            else:
                word = "".join(
                    self.rng.choice(_ONSETS[script])
                    + self.rng.choice(_VOWELS[script])
                    + self.rng.choice(_CODAS[script])
                    for _ in range(self.rng.choice((1, 2, 2, 3)))
                )
            if held_out(word) is self.evaluation and not ALIKE.issuperset(word) and not ALIKE.issuperset(word.upper()):
                return word

    def _number(self) -> str:
        rng = self.rng
        while True:
            digits = "".join(rng.choice("0123456789") for _ in range(rng.choice((1, 2, 2, 3, 3, 4, 5, 6))))
            if len(digits) < 3 or held_out(digits) is self.evaluation:
                break
        form = rng.random()
        if form < 0.55:
            return digits
        if form < 0.67:
            return f"{digits}{rng.choice('.,')}{rng.randrange(100):02d}"
        if form < 0.76:
            return f"{rng.randrange(1, 32):02d}.{rng.randrange(1, 13):02d}.{rng.randrange(1900, 2100)}"
        if form < 0.82:
            return f"{rng.randrange(24):02d}:{rng.randrange(60):02d}"
        if form < 0.88:
            return digits + "%"
        if form < 0.94:
            return rng.choice(("№", "$", "+", "#")) + digits
        return f"{digits}{rng.choice('-/')}{rng.randrange(1000)}"
