"""Loads what stdin's lines ask for in a process of its own, as the engine does; what happened goes to stdout as JSON.

    python -m tests.models.loader ORIGINS

ORIGINS is a JSON list of {"origin": …, "stop_at": bytes or absent}. Nothing should read stdin.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import msgspec

from tui.core.origin import Origin
from tui.errors import SamplescopeError, StoppedError


def load(asked: dict[str, Any]) -> dict[str, Any]:
    """The outcome of one load: the progress reported, the model's facts or the error's line, and processor seconds."""
    from tui.models.backends import open_model

    told: list[Any] = []

    def report(stage: str, done: float, total: float | None, unit: str) -> None:
        told.append([stage, done, total, unit])
        if unit == "bytes" and done >= asked.get("stop_at", float("inf")):
            raise StoppedError("The loading was given up.")

    started = time.process_time()
    try:
        model = open_model(msgspec.convert(asked["origin"], Origin), report)
        outcome = {"info": {"name": model.info.name, "trusted": model.info.trusted, "device": model.info.device}}
    except SamplescopeError as error:
        outcome = {"kind": error.kind, "message": str(error)}
    return {"told": told, "seconds": time.process_time() - started, **outcome}


def main(text: str) -> None:
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # a library's prints must not reach stdout
    import torch  # noqa: F401  # what a load takes is told without this
    import transformers  # noqa: F401
    from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: F401

    load({"origin": {}})  # what it imports is no part of the first load's seconds

    for asked in json.loads(text):
        print(json.dumps(load(asked)), file=out, flush=True)
    sys.stderr.flush()
    os._exit(0)  # as the engine ends: a thread of a given-up download may still wait for a byte


if __name__ == "__main__":
    main(sys.argv[1])
