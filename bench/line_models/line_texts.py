"""What a line says: pieces of sentences, words, numbers, codes, capitals, mixed scripts, signs by chance."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable
from typing import Any

from bench.line_models.alphabet import CYRILLIC, GREEK, LATIN, SIGNS, readable
from bench.line_models.debian_packages import LANGUAGES

WEIGHTS = {"ru": 24, "uk": 11, "bg": 9, "sr": 9, "el": 15, "be": 5, "mk": 4, "kk": 5, "mn": 4, "en": 10,
           "de": 1.6, "fr": 1.8, "es": 1, "it": 0.8, "pt_BR": 0.8, "pl": 1.6, "cs": 1.4, "tr": 1, "nl": 0.3, "sv": 0.5,
           "hu": 0.8, "ro": 0.6, "lv": 0.5, "lt": 0.5, "fi": 0.3, "hr": 0.4, "sk": 0.5, "sl": 0.3}  # fmt: skip
LONGEST = 96  # characters of a line
_MONTHS = {
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "uk": "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "be": "студзеня лютага сакавіка красавіка мая чэрвеня ліпеня жніўня верасня кастрычніка лістапада снежня",
    "bg": "януари февруари март април май юни юли август септември октомври ноември декември",
    "sr": "јануар фебруар март април мај јун јул август септембар октобар новембар децембар",
    "mk": "јануари февруари март април мај јуни јули август септември октомври ноември декември",
    "kk": "қаңтар ақпан наурыз сәуір мамыр маусым шілде тамыз қыркүйек қазан қараша желтоқсан",
    "el": "Ιανουαρίου Φεβρουαρίου Μαρτίου Απριλίου Μαΐου Ιουνίου Ιουλίου Αυγούστου Σεπτεμβρίου Οκτωβρίου Νοεμβρίου Δεκεμβρίου",
    "en": "January February March April May June July August September October November December",
}  # fmt: skip
_PHRASES = {
    "ru": "ООО|ОАО|ЗАО|ИП|ИНН|КПП|ОГРН|БИК|р/с|к/с|г. Москва, ул. Садовая, д.|Итого к оплате:|в т. ч. НДС|руб.|коп.|"
    "шт.|кг|ст. ГК РФ|п. договора №|"
    "Товарная накладная №|Акт сверки от|Счёт-фактура №|Исх. №|Вх. №|Приложение №|стр.|тыс. чел.|млн руб.|Заказ №|"
    "В корзину|Скидка|с учётом НДС",
    "uk": "ТОВ|ФОП|ЄДРПОУ|м. Київ, вул. Лісова, буд.|Разом до сплати:|у т. ч. ПДВ|грн|коп.|шт.|ст. ЦК України|"
    "Договір №|Рахунок-фактура №|Замовлення №",
    "be": "ТАА|УНП|г. Мінск, вул. Лясная, д.|Усяго да аплаты:|руб.|Дагавор №|арт.",
    "bg": "ЕООД|ЕИК|гр. София, ул. „Шипка“ №|Общо за плащане:|ДДС|лв.|ст.|бр.|Фактура №|чл. от ЗЗД|Договор №",
    "sr": "д. о. о.|ПИБ|Београд, ул. Липова бр.|Укупно за уплату:|ПДВ|дин.|чл. Закона|Рачун бр.|Уговор бр.",
    "mk": "ДООЕЛ|ЕДБ|Скопје, ул. Липова бр.|Вкупно за плаќање:|ден.|Фактура бр.|чл.",
    "kk": "ЖШС|БСН|Алматы қ., Абай к-сі|Барлығы:|теңге|Шарт №|бап",
    "mn": "ХХК|Улаанбаатар хот|Нийт дүн:|төг|Гэрээ №",
    "el": "ΑΦΜ|ΔΟΥ|Α.Ε.|Ε.Π.Ε.|οδός Ερμού|Σύνολο πληρωμής:|ΦΠΑ|ευρώ|τεμ.|άρθρο|Αρ. τιμολογίου|Παραγγελία αρ.",
    "en": "Ltd.|Inc.|VAT|Invoice no.|Order no.|Total due:|Article|Section|Tel.|Fax|pcs|Qty|Subtotal",
}  # fmt: skip
_CYRILLIC = frozenset(CYRILLIC)
_LOOKS = ("аоерсухАВЕКМНОРСТХУ", "aoepcyxABEKMHOPCTXY")
HIGH, LOW = "⁰¹²³⁴⁵⁶⁷⁸⁹", "₀₁₂₃₄₅₆₇₈₉"  # drawn as small figures above and below the line
_SAID = str.maketrans("⁰⁴⁵⁶⁷⁸⁹" + LOW, "04567890123456789")  # those that have no class are written as plain figures


class Writer:
    """Lines of text from a bank of sentences, by chance.

    Args:
        bank: as `sentences.gather` gives it.
        half: ``train`` or ``test``.
        seed: of the chance.
    """

    def __init__(self, bank: dict[str, Any], half: str, seed: int) -> None:
        self._bank, self._half = bank, half
        self.rng = random.Random(seed)
        self._languages = [language for language in WEIGHTS if bank[language][half]]
        self._weights = [WEIGHTS[language] for language in self._languages]
        self._kinds: list[tuple[float, Callable[[str], str]]] = [
            (56, self.piece), (9, self._words), (7, self._capitals), (10, self._figures), (8, self._mixed), (4, self._quoted),
            (5, self._scrambled), (1, self._traps),
            (7, self._raised), (4, self._doubled), (3, self._elided),
        ]  # fmt: skip

    @property
    def hard(self) -> dict[str, Callable[[str], str]]:
        """By name, what writes texts that line models misread: each makes one in a language."""
        return {
            "sentences": self.piece, "capitals": self._capitals, "figures": self._figures, "small figures": self._raised,
            "doubled letters": self._doubled, "apostrophes": self._elided,
        }  # fmt: skip

    def line(self) -> tuple[str, str]:
        """Language and text; every character of what it says (`said`) has a class."""
        while True:
            language = self.rng.choices(self._languages, self._weights)[0]
            make = self.rng.choices([kind for _, kind in self._kinds], [weight for weight, _ in self._kinds])[0]
            text = " ".join(make(language)[:LONGEST].split())
            if readable(said(text)) == said(text):
                return language, text

    def piece(self, language: str) -> str:
        """Some words in a row of a sentence."""
        words = self.rng.choice(self._bank[language][self._half]).split(" ")
        length = self._length()
        start = self.rng.randrange(len(words)) if self.rng.random() < 0.6 else 0
        text = ""
        for word in words[start:]:
            if text and len(text) + len(word) > length:
                break
            text += f" {word}" if text else word
        return text

    def _length(self) -> int:
        chance = self.rng.random()
        if chance < 0.2:
            return self.rng.randint(3, 14)
        return self.rng.randint(12, 45) if chance < 0.6 else self.rng.randint(40, 88)

    def _words(self, language: str) -> str:
        words = self._bank[language]["words"]
        if not words:
            return self.piece(language)
        chosen = [self.rng.choice(words) for _ in range(self.rng.randint(1, 6))]
        return self.rng.choice((" ", " ", ", ", "; ", " - ", " — ")).join(chosen)

    def _capitals(self, language: str) -> str:
        text = self.piece(language)
        if self.rng.random() < 0.3:
            return text.title()
        if language == "el" and self.rng.random() < 0.85:  # capitals stand without accents
            parts = unicodedata.normalize("NFD", text).replace("\u0301", "")
            text = unicodedata.normalize("NFC", parts)
        return text.upper()

    def _number(self) -> str:
        rng = self.rng
        value = rng.randrange(10 ** rng.randint(1, 7))
        style = rng.randrange(6)
        grouped = f"{value:,}".replace(",", rng.choice((" ", " ", ".", ",")))
        if style == 0:
            return str(value)
        if style == 1:
            return f"{grouped}{rng.choice(',.')}{rng.randrange(100):02}"
        if style == 2:
            return grouped
        if style == 3:
            return f"{rng.choice(('-', '−', '+', '±', '≈', '~'))}{value / 100:.2f}".replace(".", rng.choice(".,"))
        if style == 4:
            return f"{value % 1000}{rng.choice(('', ' '))}{rng.choice(('%', '‰', '°', '°C', '$', '€', '₽', '₴', '₸', '£'))}"
        return f"{rng.choice('$€£₽')}{grouped}"

    def _date(self, language: str) -> str:
        rng = self.rng
        day, month, year = rng.randint(1, 31), rng.randint(1, 12), rng.randint(1890, 2035)
        names = _MONTHS.get(language, "").split()
        if names and rng.random() < 0.4:
            end = {"ru": " г.", "uk": " р.", "bg": " г.", "be": " г.", "mk": " г.", "sr": "."}.get(language, "")
            first = rng.choice(("{}", "«{}»", "„{}“", "{:02}")).format(day)
            return f"{first} {names[month - 1]} {year}{end}"
        sign = rng.choice("..../-")
        return f"{day:02}{sign}{month:02}{sign}{year if rng.random() < 0.7 else year % 100:02}"

    def _code(self) -> str:
        """A code whose letters cannot be taken for those of another alphabet."""
        rng = self.rng
        letters = rng.choice(("QRSUVWZLGFDNJI", "ЖШЩЦЯЮБДГЛПФИ", "QRSWZLGFDNYX"))
        parts = [
            "".join(rng.choice(letters) for _ in range(rng.randint(1, 3))) if rng.random() < 0.4
            else str(rng.randrange(10 ** rng.randint(1, 6)))
            for _ in range(rng.randint(1, 4))
        ]  # fmt: skip
        return rng.choice("-/-.").join(parts)

    def _address(self) -> str:
        rng = self.rng
        word = rng.choice(self._bank["en"]["words"] or ["mail"]).lower().replace("'", "")
        host = rng.choice(self._bank["en"]["words"] or ["host"]).lower().replace("'", "")
        end = rng.choice(("ru", "com", "ua", "bg", "rs", "gr", "kz", "org", "by"))
        site = f"{host}.{end}"
        return rng.choice((f"{word}@{site}", f"www.{site}", f"https://{site}/{word}", f"{word}_{host}@{site}"))

    def _phone(self) -> str:
        rng = self.rng
        parts = [
            f"{rng.randrange(1000):03}",
            f"{rng.randrange(1000):03}",
            f"{rng.randrange(100):02}",
            f"{rng.randrange(100):02}",
        ]
        if rng.random() < 0.5:
            return f"+{rng.choice((7, 380, 375, 359, 381, 30))} ({parts[0]}) {'-'.join(parts[1:])}"
        return f"8 {parts[0]} {' '.join(parts[1:])}"

    def _figures(self, language: str) -> str:
        rng = self.rng
        phrases = _PHRASES.get(language, _PHRASES["en"]).split("|")
        makers = (self._number, self._number, lambda: self._date(language), self._code, self._address, self._phone)
        parts = []
        for _ in range(rng.randint(1, 4)):
            parts.append(rng.choice(phrases) if rng.random() < 0.4 else rng.choice(makers)())
        return rng.choice((" ", " ", " ", ", ", " / ", " = ", " | ")).join(parts)

    def _mixed(self, language: str) -> str:
        """A sentence with Latin words, numbers or codes in it."""
        words = self.piece(language).split()
        english = self._bank["en"][self._half]
        for _ in range(self.rng.randint(1, 2)):
            chance = self.rng.random()
            if chance < 0.5:
                others = self.rng.choice(english).split()
                at = self.rng.randrange(len(others))
                insert = " ".join(others[at : at + self.rng.randint(1, 3)])
            else:
                insert = self._number() if chance < 0.7 else self._code() if chance < 0.85 else self._date(language)
            words.insert(self.rng.randint(0, len(words)), insert)
        return " ".join(words)

    def _quoted(self, language: str) -> str:
        """Words among quotes, brackets, dashes and numbering."""
        rng = self.rng
        words = self.piece(language).split()
        at = rng.randrange(len(words))
        end = rng.randint(at + 1, len(words))
        left, right = rng.choice(("«»", "„“", "“”", "()", "[]", '""', "‘’", "„”", "‹›", "<>", "{}"))
        words[at] = left + words[at]
        words[end - 1] += right + rng.choice(("", "", ",", ".", ":", ";", "!", "?", "…"))
        text = " ".join(words)
        number = rng.randint(1, 30)
        start = rng.choice(("", "", "— ", "– ", "• ", "* ", f"{number}. ", f"{number}) ", "§ ", "■ ", "☐ ", "№ "))
        text = start + text
        if rng.random() < 0.3:
            text = text.replace(" ", rng.choice((" — ", " – ", " - ", "/", " / ", ", ")), 1)
        return text + rng.choice(("", "", "", "¹", "²", "³", "*", "-", "…", "!", "?"))

    def _scrambled(self, language: str) -> str:
        """Letters by chance, so that rare ones are seen and words are not guessed."""
        rng = self.rng
        own = GREEK if language == "el" else CYRILLIC if language in LANGUAGES else LATIN
        if rng.random() < 0.3:
            own = own[: 66 if own is CYRILLIC else 52]
        pool = own if rng.random() < 0.75 else own + SIGNS
        words = ["".join(rng.choice(pool) for _ in range(rng.randint(2, 9))) for _ in range(rng.randint(1, 5))]
        return " ".join(words)

    def _traps(self, language: str) -> str:
        """Words that could be of either alphabet beside words that tell which."""
        rng = self.rng
        look = "".join(rng.choice(_LOOKS[0]) for _ in range(rng.randint(1, 5)))
        words = self.piece(language).split()
        if not any(letter in _CYRILLIC and letter not in _LOOKS[0] for letter in "".join(words)):
            look = look.translate(str.maketrans(*_LOOKS))
        return " ".join([*words, look, rng.choice(("3", "0", "30", "3-0", "03"))])

    def _raised(self, language: str) -> str:
        """Powers, notes, units, formulas: words and numbers with small figures above or below the line."""
        rng = self.rng
        words = self.piece(language).split()
        for _ in range(rng.randint(1, 4)):
            figures = str(rng.randrange(10 ** rng.choice((1, 1, 1, 2))))
            made = rng.choice(("power", "power", "note", "note", "unit", "formula"))
            at = rng.randrange(len(words) + 1)
            if made == "note" and words:
                at = min(at, len(words) - 1)
                mark = rng.choice((_high(figures), _high(figures), "*", "†", "‡"))
                words[at] = mark + words[at] if at == 0 and rng.random() < 0.5 else words[at] + mark
            elif made == "formula":
                start, end = rng.choice(("H", "CO", "SO", "x", "NO", "C", "a")), rng.choice(("", "O", "H", ""))
                words.insert(at, start + _low(figures) + end)
            elif made == "unit":
                unit = rng.choice(("м", "км", "см", "m", "km", "cm", "ft", "mm"))
                words.insert(at, f"{rng.randrange(1000)} {unit}{_high(figures[0])}")
            else:
                base = rng.choice(("10", "2", "x", "e", "{}", "{}·10", "{},5 × 10", "{}.2 x 10")).format(
                    rng.randrange(1, 100)
                )
                words.insert(at, base + _high(figures))
        return " ".join(words)

    def _doubled(self, language: str) -> str:
        """Words with letters doubled that are so by right, or by chance."""
        rng = self.rng
        words = (self.piece(language) if rng.random() < 0.5 else self._words(language)).split()
        for at, word in enumerate(words):
            if word.isalpha() and rng.random() < 0.6:
                place = rng.randrange(len(word))
                words[at] = word[:place] + word[place] * rng.choice((2, 2, 2, 3)) + word[place + 1 :]
        return " ".join(words)

    def _elided(self, language: str) -> str:
        """Words that begin or end with an apostrophe, or have one inside."""
        rng = self.rng
        words = self.piece(language).split()
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(words))
            sign, place = rng.choice("''’’‘"), rng.choice((0, 0, 0, 1, len(words[at])))
            words[at] = words[at][:place] + sign + words[at][place:]
        return " ".join(words)


def said(text: str) -> str:
    """What the network writes for a drawn text: figures above and below the line as plain ones where they have no class."""
    return text.translate(_SAID)


def _high(figures: str) -> str:
    return "".join(HIGH[int(figure)] for figure in figures)


def _low(figures: str) -> str:
    return "".join(LOW[int(figure)] for figure in figures)


def unknown(text: str, letters: frozenset[str]) -> set[str]:
    """The characters of ``text`` that a font with ``letters`` cannot draw."""
    return {letter for letter in text if letter != " " and letter not in letters}
