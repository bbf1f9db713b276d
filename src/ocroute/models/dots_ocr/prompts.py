"""The prompts that dots.ocr was trained on. It answers paraphrases badly, so they stand here to the letter, blanks included.

Source: ``dots_ocr/utils/prompts.py`` of the model's repository at revision 36d7248.
"""

from __future__ import annotations

from typing import Final

CATEGORIES: Final = (
    "['Caption', 'Footnote', 'Formula', 'List-item', 'Page-footer', 'Page-header', 'Picture', 'Section-header', 'Table', "
    "'Text', 'Title']"
)

PROMPTS: Final[dict[str, str]] = {
    "layout": f"""Please output the layout information from the PDF image, including each layout element's bbox, \
its category, and the corresponding text content within the bbox.

1. Bbox format: [x1, y1, x2, y2]

2. Layout Categories: The possible categories are {CATEGORIES}.

3. Text Extraction & Formatting Rules:
    - Picture: For the 'Picture' category, the text field should be omitted.
    - Formula: Format its text as LaTeX.
    - Table: Format its text as HTML.
    - All Others (Text, Title, etc.): Format their text as Markdown.

4. Constraints:
    - The output text must be the original text from the image, with no translation.
    - All layout elements must be sorted according to human reading order.

5. Final Output: The entire output must be a single JSON object.
""",
    "layout_only": (
        "Please output the layout information from this PDF image, including each layout's bbox and its category. "
        "The bbox should be in the format [x1, y1, x2, y2]. The layout categories for the PDF document include "
        f"{CATEGORIES}. Do not output the corresponding text. The layout result should be in JSON format."
    ),
    "text": "Extract the text content from this image.",
    # only dots.mocr knows these two
    "web": "Parsing the layout info of this webpage image with format json:\n",
    "scene": "Detect and recognize the text in the image.",
}
"""Task to prompt. Left out is the one that reads a box alone: cutting the page does the same with every model."""

USER: Final = "<|user|>"
END_OF_USER: Final = "<|endofuser|>"
ASSISTANT: Final = "<|assistant|>"
END_OF_ASSISTANT: Final = "<|endofassistant|>"
IMAGE: Final = "<|img|>"
IMAGE_PAD: Final = "<|imgpad|>"
END_OF_IMAGE: Final = "<|endofimg|>"

SPECIAL: Final = (USER, END_OF_USER, ASSISTANT, END_OF_ASSISTANT, IMAGE, IMAGE_PAD, END_OF_IMAGE)
"""Strings that the tokenizer must know as one token each."""

ENDS: Final = ("<|endoftext|>", END_OF_ASSISTANT)
"""What ends an answer. The published generation_config.json lists both, and nearly all answers end with the second."""


def chat(prompt: str, image_tokens: int) -> str:
    """The whole input as one string: the image, then ``prompt``, with no line end between.

    Built by hand, not with the tokenizer's chat template: the published one takes no images, and others put a line end there.
    """
    return f"{USER}{IMAGE}{IMAGE_PAD * image_tokens}{END_OF_IMAGE}{prompt}{END_OF_USER}{ASSISTANT}"
