"""dots.ocr and dots.mocr as native transformers classes, with what they need around them.

``prompts``, ``input_size`` and ``answer`` need no torch; the other modules need the ``vlm`` extra.
"""
