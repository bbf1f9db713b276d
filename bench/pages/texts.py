"""What the bench prints: sentences of our own, one bank to tune on and one to report on."""

from __future__ import annotations

import random

TUNE = {
    "en": [
        "The ferry leaves at seven and nobody waits for those who oversleep.",
        "A committee of nine residents has studied the bridge since last winter.",
        "Rain had washed the chalk marks from the wall, so the count began again.",
        "Our workshop repairs clocks, barometers and anything else with small wheels.",
        "Dr. Havilland keeps her notes in green ledgers, one for every patient.",
        "Because the harvest was poor, the price of rye doubled within a month.",
        "You may return the instrument within thirty days if the seal is unbroken.",
        "The survey covers 412 households in six parishes along the eastern shore.",
        "Neither the captain nor the pilot had seen the light before midnight.",
        "Please sign both copies and send the second one back to our office.",
        "Measured against the old method, the new valve saves about a fifth of the fuel.",
        "Children under twelve travel free when accompanied by an adult.",
    ],
    "de": [
        "Der Vorstand hat beschlossen, die Sitzung auf den nächsten Donnerstag zu verlegen.",
        "Wer früh genug kommt, bekommt noch einen Platz am Fenster mit Blick auf den Fluss.",
        "Die Lieferung erfolgt innerhalb von vierzehn Tagen nach Eingang der Zahlung.",
        "Im Keller des alten Hauses fanden die Arbeiter mehrere Kisten voller Briefe.",
    ],
    "fr": [
        "Le train de nuit traverse la vallée sans s'arrêter dans les petites gares.",
        "Nous vous prions de bien vouloir nous retourner ce formulaire dûment rempli.",
        "La bibliothèque sera fermée pendant les travaux de rénovation du deuxième étage.",
    ],
    "es": [
        "La panadería de la esquina abre antes de que salga el sol.",
        "El informe describe los resultados obtenidos durante los últimos tres años.",
        "Los vecinos pidieron al ayuntamiento que arreglara la fuente de la plaza.",
    ],
    "ru": [
        "Поезд отправляется ранним утром, и опоздавших никто не ждёт.",
        "Комиссия изучала состояние моста с прошлой зимы и подготовила отчёт.",
        "Просим подписать оба экземпляра договора и вернуть один в нашу контору.",
        "Из-за плохого урожая цена на хлеб за месяц выросла почти вдвое.",
        "Библиотека закрыта на ремонт до конца будущей недели.",
        "Врач записывает наблюдения в толстую зелёную тетрадь.",
    ],
    "zh": [
        "火车早上七点出发，迟到的人只能等下一班。",
        "委员会从去年冬天开始研究这座桥的情况，并提出了报告。",
        "请在两份合同上签字，然后把其中一份寄回我们的办公室。",
        "因为收成不好，粮食的价格在一个月内几乎增加了一倍。",
    ],
}
REPORT = {
    "en": [
        "Every spring the orchard is pruned by hand, tree after tree, until April.",
        "The archive holds maps of the harbour drawn before the great fire.",
        "In the second experiment we heated the mixture slowly to eighty degrees.",
        "Tenants must give notice in writing at least six weeks before leaving.",
        "His grandmother sold buttons, ribbon and thread from a cart near the station.",
        "Figures for exports were revised upward twice during the autumn quarter.",
        "When the engine cools, check the oil and tighten the upper bolts.",
        "Two violins, a flute and an old piano filled the narrow hall with music.",
        "The court found that the agreement had never been properly witnessed.",
        "Swifts return to the same tower each year around the tenth of May.",
        "Our guests praised the soup but hardly touched the pickled fish.",
        "A thin layer of ash covered the roofs, the cars and the market stalls.",
    ],
    "de": [
        "Am Wochenende wird die Straße zwischen den beiden Dörfern vollständig gesperrt.",
        "Das Gericht hielt den Vertrag für ungültig, weil die Unterschrift fehlte.",
        "Ihre Großmutter verkaufte Knöpfe und Garn auf dem Markt vor dem Bahnhof.",
        "Sobald der Motor abgekühlt ist, prüfen Sie bitte den Ölstand.",
    ],
    "fr": [
        "Chaque printemps, les jardiniers taillent les pommiers jusqu'à la fin du mois.",
        "Le musée conserve des cartes du port dessinées avant le grand incendie.",
        "Les locataires doivent prévenir le propriétaire au moins six semaines à l'avance.",
    ],
    "es": [
        "Cada primavera los agricultores podan los olivos antes de las lluvias.",
        "El archivo conserva planos del puerto anteriores al gran incendio.",
        "Una fina capa de ceniza cubría los tejados y los puestos del mercado.",
    ],
    "ru": [
        "Каждую весну садовники обрезают яблони до самого конца апреля.",
        "В архиве хранятся карты гавани, составленные до большого пожара.",
        "Жильцы обязаны предупредить хозяина не позднее чем за шесть недель.",
        "Бабушка продавала пуговицы и нитки на площади возле вокзала.",
        "Суд признал соглашение недействительным, так как не было свидетелей.",
        "Когда двигатель остынет, проверьте уровень масла и затяните болты.",
    ],
    "zh": [
        "每年春天，果园里的树都要一棵一棵地修剪，直到四月。",
        "档案馆保存着大火以前绘制的港口地图。",
        "房客必须在离开之前至少六个星期书面通知房东。",
        "法院认为这份协议没有证人，因此没有效力。",
    ],
}
CODE = [
    "def merge(left: list[int], right: list[int]) -> list[int]:",
    "    result, i, j = [], 0, 0",
    "    while i < len(left) and j < len(right):",
    "        if left[i] <= right[j]:",
    "            result.append(left[i]); i += 1",
    "        else:",
    "            result.append(right[j]); j += 1",
    "    return result + left[i:] + right[j:]",
    "#include <stdint.h>",
    "static inline uint32_t rotl(const uint32_t x, int k) {",
    "    return (x << k) | (x >> (32 - k));",
    "}",
    'for (size_t n = 0; n < argc; ++n) printf("%s\\n", argv[n]);',
    'export PATH="$HOME/bin:$PATH" && make -j4 check 2>&1 | tee build.log',
    "SELECT name, COUNT(*) FROM orders WHERE total > 100 GROUP BY name;",
    "const total = rows.filter(r => r.ok).map(r => r.value).reduce((a, b) => a + b, 0);",
    "if err := json.Unmarshal(body, &cfg); err != nil { return nil, err }",
    "struct node { struct node *next; char key[16]; void *value; };",
]
FORMULAS = [
    "f(x) = a x² + b x + c",
    "∂u/∂t = α (∂²u/∂x² + ∂²u/∂y²)",
    "E = m c²,  p = h / λ",
    "Σ k = n (n + 1) / 2",
    "x ∈ ℝ, y ≥ 0 ⇒ x + y ≥ x",
    "cos² θ + sin² θ = 1",
    "det(A − λ I) = 0",
    "P(A | B) = P(B | A) P(A) / P(B)",
]
NAMES = [
    "Krzysztof Wojciechowski",
    "Anneliese Schwarzbrod",
    "Nguyen Thi Bich",
    "Siobhan O'Dhomhnaill",
    "Þórunn Jónsdóttir",
    "Ramakrishnan Iyer",
    "Giuseppe Quattrocchi",
    "Hjördis Bjørnsen",
    "Mfundo Khumalo",
    "Szczepan Brzęczyk",
    "Ximena Etxeberria",
    "Dvořáková Ludmila",
]
GOODS = [
    "hex bolt M8x40 zinc",
    "O-ring NBR 12x2",
    "methylprednisolone 40 mg",
    "relay 24VDC DPDT",
    "chlorhexidine 0.2%",
    "ball bearing 6204-2RS",
    "FUSE T3.15A 5x20",
    "acetylcysteine 600",
    "gasket PTFE DN50",
    "hydroxyzine HCl 25",
]
RECEIPT = [
    "MILK 2% GAL",
    "BRD WHT WHL",
    "CHKN BRST BNLS",
    "GRND BF 85/15",
    "BNNA ORG LB",
    "EGGS LRG DZ",
    "YGRT PLN",
    "SLTD BTTR",
    "APPL FUJI",
    "DISH SOAP",
]


def prose(rng: random.Random, bank: dict[str, list[str]], language: str, sentences: int) -> str:
    """Sentences in a random order; each comes again only after all the others, and never in the same order twice running.

    The small banks would else print the same passage three times in a row, which real pages hardly do.
    """
    chosen: list[str] = []
    last: list[str] = []
    while len(chosen) < sentences:
        order = rng.sample(bank[language], len(bank[language]))
        if order != last:
            chosen += order
        last = order
    return ("" if language == "zh" else " ").join(chosen[:sentences])
