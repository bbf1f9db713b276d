"""Lines of JSON as trainers want them: ms-swift and LLaMA-Factory alike, TRL with parts. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

Format = Literal["swift", "llamafactory", "trl"]

_IMAGE = "<image>"


class Pair(NamedTuple):
    """One example: an image's path below the folder, what is asked, and what should be answered."""

    image: str
    prompt: str
    target: str


def line_of(pair: Pair, form: Format) -> str:
    """One line of the file, without its end."""
    if form == "trl":
        asked = [{"type": "image"}, {"type": "text", "text": pair.prompt}]
        messages = [
            {"role": "user", "content": asked},
            {"role": "assistant", "content": [{"type": "text", "text": pair.target}]},
        ]
    else:
        messages = [
            {"role": "user", "content": f"{_IMAGE}{pair.prompt}"},
            {"role": "assistant", "content": pair.target},
        ]
    return json.dumps({"images": [pair.image], "messages": messages}, ensure_ascii=False)


def pair_of(line: str, form: Format) -> Pair:
    """The example in a line.

    Raises:
        ValueError: it is none; the message says why, as the rest of a sentence.
    """
    try:
        told = json.loads(line)
        (image,) = told["images"]
        user, assistant = told["messages"]
        roles = user["role"], assistant["role"]
        asked, target = (_trl if form == "trl" else _plain)(user["content"], assistant["content"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"is no example in the form of {form}: {type(error).__name__}: {str(error)[:100]}") from error
    if roles != ("user", "assistant") or not all(isinstance(one, str) for one in (image, asked, target)):
        raise ValueError(f"is no example in the form of {form}: it is not one question and one answer")
    return Pair(image, asked, target)


def dataset_info() -> dict[str, Any]:
    """What LLaMA-Factory wants to be told of the files, for ``dataset_info.json``."""
    columns = {"messages": "messages", "images": "images"}
    tags = {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}
    return {
        f"ocroute_{split}": {"file_name": f"{split}.jsonl", "formatting": "sharegpt", "columns": columns, "tags": tags}
        for split in ("train", "test")
    }


def _plain(asked: str, answered: str) -> tuple[str, str]:
    if asked.count(_IMAGE) != 1 or not asked.startswith(_IMAGE):
        raise ValueError(f"the question does not begin with one {_IMAGE}")
    return asked.removeprefix(_IMAGE), answered


def _trl(asked: list[Mapping[str, str]], answered: list[Mapping[str, str]]) -> tuple[str, str]:
    image, question = asked
    (answer,) = answered
    if (image["type"], question["type"], answer["type"]) != ("image", "text", "text"):
        raise ValueError("its parts are not an image, a text and a text")
    return question["text"], answer["text"]
