"""A program that stands in for vLLM's: it serves chat completions where it is told to, or fails as vLLM does."""

import json
import os
import signal
import sys
import threading
import time
from importlib.metadata import entry_points
from pathlib import Path

SETTINGS = (
    "Initializing a V1 LLM engine (v0.24.0) with config: revision=None, trust_remote_code=False, dtype=torch.bfloat16"
)
HERE = Path(__file__).resolve().parents[2]


def put_into(folder: Path, version: str = "0.24.0") -> Path:
    """A program ``vllm`` in an environment of its own; what it was told, it writes beside itself."""
    program = folder / "bin" / "vllm"
    program.parent.mkdir(parents=True)
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path[:0] = [{str(HERE)!r}]\n"
        f"from tests.support.scripted_vllm import main\nmain({str(folder)!r})\n"
    )
    program.chmod(0o755)
    if version:
        (folder / "lib" / "python3.12" / "site-packages" / f"vllm-{version}.dist-info").mkdir(parents=True)
    return program


def main(folder: str) -> None:
    """Behave as ``SCRIPTED_VLLM`` says: words to fail with, ``silent``, ``dies after N``, ``is killed after N``, or nothing."""
    if sys.argv[1:] == ["--version"]:
        print("vllm 0.24.0")
        return
    told = Path(folder) / "told.jsonl"
    plugins = [point.name for point in entry_points(group="vllm.general_plugins")]
    watched = {name: os.environ.get(name) for name in ("VLLM_API_KEY", "HF_HUB_OFFLINE", "OCROUTE_VLLM_CONFIGURATION")}
    with told.open("a") as out:
        out.write(
            json.dumps({"arguments": sys.argv[1:], "plugins": plugins, "env": watched, "pid": os.getpid()}) + "\n"
        )
    behave = os.environ.get("SCRIPTED_VLLM", "")
    if behave == "silent":
        time.sleep(600)
    if behave == "port taken once" and len(told.read_text().splitlines()) == 1:
        behave = "OSError: [Errno 98] Address already in use"
    print(f"(EngineCore pid=1) INFO 11-30 18:08:39 [core.py:114] {SETTINGS}", flush=True)
    if ":" in behave:
        print(f"INFO: starting\n{behave}\nEngine core initialization failed. See root cause above.", flush=True)
        sys.exit(1)
    serve(behave)


def serve(behave: str) -> None:
    from tests.support.chat_server import Reply, Scripted, completion  # takes long, which one that fails does not need

    arguments = dict(zip(sys.argv[3::2], sys.argv[4::2], strict=False))
    server = Scripted(int(arguments["--port"]))
    server.models = [{"id": arguments["--served-model-name"], "owned_by": "vllm", "max_model_len": 32768}]
    server.others = {"/health": Reply(), "/version": Reply(body={"version": "0.24.0"})}
    how, _, count = behave.rpartition(" ")
    if how in ("dies after", "is killed after"):
        pages = threading.Semaphore(int(count))

        def page(request):
            if not pages.acquire(blocking=False):
                while server.answered < int(count):  # those before it are on their way
                    time.sleep(0.01)
                if how == "is killed after":
                    os.kill(os.getpid(), signal.SIGKILL)
                print("CUDA error: an illegal memory access was encountered", flush=True)
                os._exit(1)
            return Reply(body=completion("read by vLLM"))

        server.script.extend([page] * 1000)
    time.sleep(600)
