"""Our kernels inside transformers models: ``plug_into(model, kernel)`` until ``undo()``."""

from ocroute.kernels.adaptor.handle import Left, Part, Plugged, Role
from ocroute.kernels.adaptor.plug import plug_into

__all__ = ["Left", "Part", "Plugged", "Role", "plug_into"]
