"""Every kernel that is here, inside tiny transformers models: hidden states and tokens against PyTorch's own attention.

    python -m bench.adaptor_gpu [--json FILE] [--device cuda|cpu] [--kernels A,B] [--seconds 300]

Writes FILE anew after each kernel: for each kernel, precision and case the error against the same weights in
float64, beside the error of PyTorch's attention; tokens; what the kernel served and what it declined. Each kernel runs in a
process of its own, so that one that crashes or hangs costs its row. Times are not taken.
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

from bench import harness


def main() -> None:
    arguments = _arguments()
    with harness.bare_checkout():
        if arguments.child:
            from bench.adaptor_cases import child

            print(json.dumps(child(arguments.child, arguments.device)))
        else:
            run(arguments)


def run(arguments: argparse.Namespace) -> None:
    from bench.adaptor_cases import CAPTURED, KERNELS

    names = arguments.kernels.split(",") if arguments.kernels else [*KERNELS, CAPTURED]
    here = where(arguments.device)
    rows: dict[str, Any] = {}
    failed: list[str] = []
    with ThreadPoolExecutor(arguments.jobs) as pool:
        # those that compile take longest: they begin first
        first = sorted(names, key=lambda name: name != CAPTURED and not KERNELS.load(name).info.compiles)
        asked = {pool.submit(in_a_process, name, arguments): name for name in first}
        for done in as_completed(asked):
            rows[asked[done]] = done.result()
            rows = {name: rows[name] for name in names if name in rows}
            failed = [f"{name}: {case}" for name, row in rows.items() for case in failures(row)]
            left = [name for name in names if name not in rows]
            result = {"where": here, "failed": failed, "not_run": left, "kernels": rows}
            harness.write(arguments.json, result)  # what ends this process early loses only the rest
            print(f"{asked[done]}: {rows[asked[done]]['state']}", flush=True)
    ran = [name for name, row in rows.items() if row["state"] == "ran"]
    declined = [f"{name}: {case}: {why}" for name in ran for case, why in declines(rows[name])]
    print(f"ran {', '.join(ran) or 'nothing'}", *[f"declined: {line}" for line in declined], sep="\n  ")
    print(f"{len(failed)} failed", *failed, sep="\n  ")
    sys.exit(1 if failed or not ran else 0)


def _arguments() -> argparse.Namespace:
    parser = harness.arguments(__doc__, record="adaptor")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--kernels", default="", help="names, separated by commas; all when left out")
    parser.add_argument("--seconds", type=int, default=300, help="deadline of one kernel")
    parser.add_argument("--jobs", type=int, default=6, help="kernels at a time")
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


def where(device: str) -> dict[str, str]:
    import torch
    import transformers

    card = torch.cuda.get_device_name() if device == "cuda" else "none"
    return {"device": device, "card": card, "torch": torch.__version__, "transformers": transformers.__version__}


def in_a_process(name: str, arguments: argparse.Namespace) -> dict[str, Any]:
    options = ("--child", name, "--device", arguments.device)
    return harness.child_row("bench.adaptor_gpu", *options, seconds=arguments.seconds)


def failures(row: dict[str, Any]) -> list[str]:
    """Cases that an exact kernel failed; a kernel that is not here, or refuses this device, fails none."""
    if row["state"] not in ("ran", "absent", "broken"):
        return [f"{row['state']} ({row['reason']})"]
    return [case for case, found in row.get("cases", {}).items() if not found["passed"] and row["numerics"] == "exact"]


def declines(row: dict[str, Any]) -> list[tuple[str, str]]:
    """Cases in which a kernel left calls to PyTorch's attention, with the reasons."""
    cases: dict[str, dict[str, Any]] = row["cases"]
    return [(case, "; ".join(found["declined"])) for case, found in cases.items() if found.get("declined")]


if __name__ == "__main__":
    main()
