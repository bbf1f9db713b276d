"""From regions of a page to crops and what they say."""

from __future__ import annotations

from collections.abc import Sequence

from ocroute.engines.ppocr.crops import Crop, cut
from ocroute.engines.ppocr.detect import Region
from ocroute.engines.ppocr.recognise import Traced, recognise
from ocroute.pages.page import Raster

TALL = 3.0  # height over width from which a region may be a line that runs up or down the page
SURE = 0.8  # confidence from which a tall region is believed as it stands, e.g. a lone I


def read(raster: Raster, regions: Sequence[Region], threads: int) -> list[tuple[Crop, Traced]]:
    """Every region's crop, turned so that its text is upright, and what it says, in order."""
    crops = [cut(raster, region) for region in regions]
    found = list(zip(crops, recognise([crop.pixels for crop in crops], threads), strict=True))
    unsure = [index for index, (crop, traced) in enumerate(found) if _is_tall(crop) and traced.confidence < SURE]
    turned = [found[index][0].turned(quarters) for index in unsure for quarters in (1, 3)]
    again = list(zip(turned, recognise([crop.pixels for crop in turned], threads), strict=True))
    for place, index in enumerate(unsure):
        found[index] = max(found[index], *again[2 * place : 2 * place + 2], key=lambda pair: pair[1].confidence)
    return found


def _is_tall(crop: Crop) -> bool:
    height, width = crop.pixels.shape[:2]
    return bool(height >= TALL * width)
