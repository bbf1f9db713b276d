"""What the DeepSeek-OCR models share: prompts, the first token, and answers in which tags say what a text is and where it stands.

``<|ref|>title<|/ref|><|det|>[[330, 198, 558, 230]]<|/det|>`` and the text of that region up to the next tag. Numbers run from 0
to 999 over the width and height of the original image. They are read as literals; nothing of the answer is evaluated.

Servers that take special tokens out of an answer leave ``title[[330, 198, 558, 230]]`` of it: that is read as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ocroute.engines.neural import markdown_blocks
from ocroute.engines.neural.image_prompts import encode
from ocroute.engines.neural.loading import Loaded
from ocroute.engines.neural.model_facts import Answered, Mode
from ocroute.engines.neural.repetition import NoRepeatNgram
from ocroute.errors import EngineUnavailable
from ocroute.values import Block, Box, Category

if TYPE_CHECKING:
    from torch import Tensor

NAME = "deepseek-ocr"
LONGEST = 8192
SCRIPTS = ("Latn", "Hans", "Hant", "Jpan", "Kore", "Cyrl", "Grek", "Arab", "Hebr", "Deva", "Thai")
GROUNDING = "<|grounding|>"
NO_REPEAT = NoRepeatNgram(run=30, window=90, exempt=("<td>", "</td>"))  # as the authors' own server sets it for images
TOKENS = ("<image>", "<|ref|>", "<|/ref|>", "<|det|>", "<|/det|>", GROUNDING)
FIRST_TOKENS = ("<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜▁pad▁｜>")
PROMPT = f"{FIRST_TOKENS[0]}{{image}}\n{{prompt}}"

DECODER: dict[str, Any] = {
    "vocab_size": 129280, "hidden_size": 1280, "intermediate_size": 6848, "moe_intermediate_size": 896,
    "num_hidden_layers": 12, "num_attention_heads": 10, "num_key_value_heads": 10, "n_routed_experts": 64,
    "num_experts_per_tok": 6, "n_shared_experts": 2, "n_group": 1, "topk_group": 1, "max_position_embeddings": 8192,
    "head_dim": 128, "bos_token_id": 0, "eos_token_id": 1,
}  # fmt: skip
TINY_DECODER: dict[str, Any] = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 2,
    "n_routed_experts": 4, "num_experts_per_tok": 2, "n_shared_experts": 1, "moe_intermediate_size": 16, "head_dim": 16,
}  # fmt: skip
TINY_SAM: dict[str, Any] = {
    "hidden_size": 16, "output_channels": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "global_attn_indexes": [1],
    "mlp_dim": 32, "window_size": 14,
}  # fmt: skip

SPACE = 999
"""The largest coordinate."""

_REGION = re.compile(r"<\|ref\|>(?P<label>.*?)<\|/ref\|>\s*<\|det\|>(?P<boxes>.*?)(?:<\|/det\|>|\Z)", re.DOTALL)
_BOX = re.compile(r"\[\s*(\d{1,4})\s*,\s*(\d{1,4})\s*,\s*(\d{1,4})\s*,\s*(\d{1,4})\s*\]")
_UNFINISHED = re.compile(r"(?:<\|ref\|>(?:(?!<\|det\|>).)*|<(?:\|[^<>]{0,14})?)\Z", re.DOTALL)
_QUAD = r"\[\s*\d{1,4}\s*(?:,\s*\d{1,4}\s*){3}\]"
_BARE = re.compile(
    rf"^[ \t]*(?P<label>[a-z]+(?:_[a-z]+)*)[ \t]*(?P<boxes>\[\s*{_QUAD}(?:\s*,\s*{_QUAD})*\s*\])", re.MULTILINE
)
_BARE_LINE = re.compile(
    rf"^[ \t]*(?P<label>\S[^\n]*?)[ \t]*(?P<boxes>\[\s*{_QUAD}(?:\s*,\s*{_QUAD})*\s*\])[ \t]*$", re.MULTILINE
)
_BARE_UNFINISHED = re.compile(r"^[ \t]*[a-z]+(?:_[a-z]+)*[ \t]*\[\[[\d,\s\[\]]*\Z", re.MULTILINE)
_TAGS = re.compile(r"<\|/?(?:ref|det|grounding)\|>|<｜[^｜<>]{1,40}｜>")
_SIGNS = {r"\coloneqq": ":=", r"\eqqcolon": "=:"}

CATEGORIES = {
    "title": Category.TITLE,
    "sub_title": Category.SECTION_HEADER,
    "subtitle": Category.SECTION_HEADER,
    "section_header": Category.SECTION_HEADER,
    "text": Category.TEXT,
    "list": Category.LIST_ITEM,
    "table": Category.TABLE,
    "table_caption": Category.CAPTION,
    "table_footnote": Category.FOOTNOTE,
    "image": Category.PICTURE,
    "figure": Category.PICTURE,
    "image_caption": Category.CAPTION,
    "image_footnote": Category.FOOTNOTE,
    "figure_caption": Category.CAPTION,
    "caption": Category.CAPTION,
    "equation": Category.FORMULA,
    "formula": Category.FORMULA,
    "equation_block": Category.FORMULA,
    "header": Category.PAGE_HEADER,
    "page_header": Category.PAGE_HEADER,
    "footer": Category.PAGE_FOOTER,
    "page_footer": Category.PAGE_FOOTER,
    "page_number": Category.PAGE_FOOTER,
    "footnote": Category.FOOTNOTE,
    "page_footnote": Category.FOOTNOTE,
    "reference": Category.TEXT,
    "code": Category.TEXT,
}


def modes() -> dict[str, Mode]:
    """What either model can be asked."""

    def mode(prompt: str, *, text: bool = True, **options: Any) -> Mode:
        return Mode(prompt, text, prompt.startswith(GROUNDING), LONGEST, options, NO_REPEAT)

    return {
        "layout": mode(f"{GROUNDING}Convert the document to markdown."),
        "text": mode("Free OCR."),
        "lines": mode(f"{GROUNDING}OCR this image.", labels_are_text=True),
        "figure": mode("Parse the figure.", text=False),
        "describe": mode("Describe this image in detail.", text=False),
    }


def encoded(loaded: Loaded, mode: Mode, image_tokens: int) -> Tensor:
    """int64 ``(1, tokens)``: the first token, the image, a line break, the prompt; there is no chat template."""
    config = loaded.model.config
    token = loaded.tokenizer.convert_ids_to_tokens(config.image_token_id)
    first = config.text_config.bos_token_id
    if first is None:
        raise EngineUnavailable(
            "the checkpoint's config.json names no first token",
            next_step="Fetch it again: hf download OWNER/NAME --local-dir FOLDER",
        )
    return encode(
        loaded.tokenizer,
        token * image_tokens + "\n" + mode.prompt,
        image_token=config.image_token_id,
        expected=image_tokens,
        first=first,
    )


def blocks(answer: Answered) -> tuple[Block, ...]:
    """Regions with their boxes where the model was asked for them or gave them unasked, else what its Markdown tells apart."""
    if not (answer.mode.boxes or grounded(answer.text)):
        return markdown_blocks.blocks(answer)
    return from_regions(answer.text, answer.size, labels_are_text=bool(answer.mode.options.get("labels_are_text")))


def grounded(answer: str) -> bool:
    """Whether an answer to which no boxes belong is divided by tags, or by what a server has left of them, all the same.

    A bare label and box count where the label is one of the model's, the corners are in order, and nothing follows on their line
    or they begin the answer: a page of program code may hold ``image[[0, 1, 2, 3]] = 5``.
    """
    answer = answer.strip()
    if "<|ref|>" in answer and "<|det|>" in answer:
        return True
    for region in _BARE.finditer(answer):
        x0, y0, x1, y1 = (int(number) for number in _BOX.findall(region["boxes"])[0])
        alone = region.start() == 0 or not answer[region.end() :].partition("\n")[0].strip()
        if alone and region["label"] in CATEGORIES and x0 < x1 <= SPACE and y0 < y1 <= SPACE:
            return True
    return False


def from_regions(answer: str, size: tuple[int, int], *, labels_are_text: bool = False) -> tuple[Block, ...]:
    """The blocks of a tagged answer, in its order.

    Args:
        answer: the model's text, special tokens included. One that is cut keeps every region whose box is whole.
        size: (width, height) of the page in pixels.
        labels_are_text: whether the model was asked for lines: then the label is the text that stands in the box.
    """
    answer = _repaired(_with_tags(answer, labels_are_text=labels_are_text))
    blocks: list[Block] = []
    regions = list(_REGION.finditer(answer))
    lead = answer[: regions[0].start()] if regions else answer
    blocks += markdown_blocks.from_markdown(_TAGS.sub("", lead))
    for index, region in enumerate(regions):
        end = regions[index + 1].start() if index + 1 < len(regions) else len(answer)
        text = _TAGS.sub("", answer[region.end() : end]).strip()
        boxes = list(_boxes(region["boxes"], size))
        if labels_are_text:
            blocks += [Block(Category.TEXT, region["label"].strip(), box) for box in boxes]
            blocks += markdown_blocks.from_markdown(text)
        else:
            box = Box.around(boxes) if boxes else None
            blocks += _region(region["label"].strip().lower(), text, box)
    return tuple(blocks)


def _region(label: str, text: str, box: Box | None) -> Iterator[Block]:
    category = CATEGORIES.get(label, Category.TEXT)
    if not text:
        if category is Category.PICTURE:
            yield Block(category, "", box)
        return
    if category in (Category.TITLE, Category.SECTION_HEADER):
        head = markdown_blocks.heading(text, box)
        level = None if category is Category.TITLE else max(1, head.level or 1)
        yield Block(category, head.text, box, markup="markdown", level=level)
    elif category is Category.FORMULA:
        yield Block(category, text, box, markup="latex")
    elif category is Category.TABLE or category is Category.TEXT:
        yield from markdown_blocks.from_markdown(text, box)
    else:
        yield Block(category, text, box, markup="markdown")


def _boxes(source: str, size: tuple[int, int]) -> Iterator[Box]:
    """Every whole box in ``source``, in page pixels, corners sorted, cut to the page."""
    width, height = size
    for found in _BOX.finditer(source):
        x0, y0, x1, y1 = (int(number) for number in found.groups())
        (x0, x1), (y0, y1) = sorted((x0, x1)), sorted((y0, y1))
        box = Box(x0 / SPACE * width, y0 / SPACE * height, x1 / SPACE * width, y1 / SPACE * height)
        yield box.clamped(width, height)


def _with_tags(answer: str, *, labels_are_text: bool) -> str:
    """An answer from which a server has taken the special tokens, with those around labels and boxes put back."""
    if "<|ref|>" in answer or "<|det|>" in answer:
        return answer
    bare = (_BARE_LINE if labels_are_text else _BARE).sub(
        lambda region: f"<|ref|>{region['label']}<|/ref|><|det|>{region['boxes']}<|/det|>", answer
    )
    return _BARE_UNFINISHED.sub("", bare)


def _repaired(answer: str) -> str:
    for command, sign in _SIGNS.items():
        answer = answer.replace(command, sign)
    return _UNFINISHED.sub("", answer)
