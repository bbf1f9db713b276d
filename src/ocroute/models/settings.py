"""How a checkpoint says that an image becomes pixels: in preprocessor_config.json, or within a newer file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

FILES = ("processor_config.json", "preprocessor_config.json")
"""In the order in which transformers looks into them."""

_WITHIN = "image_processor"  # the key in processor_config.json under which they stand


def settings(find: Callable[[str], Path | None]) -> tuple[str, dict[str, Any]]:
    """The name of the file that says it, and what it says. Both are empty where no file does.

    Keys without a value are left out: newer releases write ``"min_pixels": null`` and mean that it is not set.

    Args:
        find: a file of the checkpoint by its name; None where it has none.

    Raises:
        ValueError: a file is no JSON object; the message names it.
    """
    for name in FILES:
        path = find(name)
        if path is None or not path.is_file():
            continue
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ValueError(f"{name} cannot be read: {error}") from error
        if name == FILES[0] and isinstance(found, dict):
            found = found.get(_WITHIN, {})
            if not found:
                continue
        if not isinstance(found, dict):
            raise ValueError(f"{name} cannot be read: it holds no settings of an image processor")
        return name, {key: value for key, value in found.items() if value is not None}
    return "", {}
