"""Our kernels inside transformers models: ``plug_into(model, kernel)`` until ``undo()``."""

from ocroute.kernels.adaptor.attention_interface import plug_into
from ocroute.kernels.adaptor.plugged import Kept, Plugged, Replaced

__all__ = ["Kept", "Plugged", "Replaced", "plug_into"]
