"""Runs the real command again and again without paying for `import torch` each time.

    python warm.py FOLDER_WITH_TUI

Reads `{"argv": […], "out": PATH, "err": PATH}` lines; for each it forks, and the child becomes `samplescope ARGV` with
its output in those files. Only libraries are imported before the fork, and nothing is computed: from `__main__` on, a
run is what the command does in a process of its own. Answers `{"status": N}`.
"""

from __future__ import annotations

import contextlib
import json
import os
import runpy
import sys


def _import_libraries() -> None:
    import tempfile  # noqa: F401

    import torch.distributions  # noqa: F401
    import transformers.generation.utils  # noqa: F401
    from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: F401


def _become(argv: list[str], out: str, err: str) -> None:
    """In the child: the command, from its arguments to its exit status."""
    for path, fd in ((out, 1), (err, 2)):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, fd)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.argv = ["samplescope", *argv]
    status = 0
    try:
        runpy.run_module("tui", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
        status = 70
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(status)


def main(package: str) -> None:
    _import_libraries()
    sys.path.insert(0, package)
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(asked["argv"], asked["out"], asked["err"])
        _, status = os.waitpid(child, 0)
        print(json.dumps({"status": os.waitstatus_to_exitcode(status)}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
