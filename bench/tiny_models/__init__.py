"""Trains tiny checkpoints that really read: the classes, files and prompts of the published models at a thousandth of their size.

python -m bench.tiny_models.fonts build/fonts          # gather the font files once
python -m bench.tiny_models.train MODEL --out DIR --minutes 8 --workers 5
python -m bench.tiny_models.evaluate DIR/MODEL --out FILE
"""
