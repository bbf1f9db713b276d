"""Write a trained network as the ONNX file that ocroute reads with: batch norms folded, weights as float16, dictionary inside.

    python -m bench.line_models.export --state state.pt --to src/ocroute/models/european_rec_small.onnx

needs the packages onnx and onnxscript. Compares the file's scores with the network's before it says done.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from bench.harness import arguments
from bench.line_models.alphabet import CHARACTERS

APART = 0.02  # most that a probability of the file may differ from the network's: float16 weights


def main() -> None:
    """See the module."""
    parser = arguments(__doc__)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--to", type=Path, required=True)
    options = parser.parse_args()
    import onnx
    import torch
    from bench.line_models.network import Lines

    lines = Lines()
    lines.load_state_dict(torch.load(options.state, map_location="cpu", weights_only=True))
    lines.eval()
    model = halved(exported(lines), onnx)
    model.metadata_props.append(onnx.StringStringEntryProto(key="character", value="\n".join(CHARACTERS)))
    onnx.checker.check_model(model)
    options.to.write_bytes(model.SerializeToString())
    print(options.to, options.to.stat().st_size, "bytes, differs by at most", _difference(lines, options.to))


def exported(lines: Any) -> Any:
    """The network and a softmax as an ONNX model: ``x`` (N, 3, 48, W) in, probabilities (N, W / 8, classes) out."""
    import onnx
    import torch
    from torch import nn

    held = io.BytesIO()
    torch.onnx.export(
        nn.Sequential(lines, nn.Softmax(2)).eval(), (torch.zeros(1, 3, 48, 320),), held,
        input_names=["x"], output_names=["scores"], opset_version=17, dynamo=False,
        dynamic_axes={"x": {0: "N", 3: "W"}, "scores": {0: "N", 1: "T"}},
    )  # fmt: skip
    return onnx.load_from_string(held.getvalue())


def halved(model: Any, onnx: Any) -> Any:
    """``model`` with its larger weights as float16, each followed by a cast: half the file, the same arithmetic."""
    casts = []
    for weight in model.graph.initializer:
        if weight.data_type == onnx.TensorProto.FLOAT and np.prod(weight.dims) >= 64:
            name = weight.name
            half = onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(weight).astype(np.float16), f"{name}.half")
            weight.CopyFrom(half)
            casts.append(onnx.helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
    for at, cast in enumerate(casts):
        model.graph.node.insert(at, cast)
    return model


def _difference(lines: Any, file: Path) -> float:
    import onnxruntime
    import torch

    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    worst = 0.0
    for width in (64, 320, 704):
        pixels = torch.rand(1, 3, 48, width) * 2 - 1
        with torch.no_grad():
            ours = lines(pixels).softmax(2).numpy()
        theirs = session.run(None, {"x": pixels.numpy()})[0]
        worst = max(worst, float(np.abs(ours - theirs).max()))
    if worst > APART:
        raise ValueError(f"the file differs from the network by {worst}")
    return worst


if __name__ == "__main__":
    main()
