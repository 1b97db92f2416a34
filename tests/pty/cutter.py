"""Runs a command and passes on what it prints; once a file is there, it cuts the next large frame in the middle.

    python cutter.py FILE ssh gpubox samplescope engine

Then it kills the command, as a connection that breaks in the middle of a large reply ends it, and leaves `FILE.cut`.
"""

import os
import subprocess
import sys
from pathlib import Path

LARGE = 2000
GREETING = b"samplescope 1\n\0"


def main(signal: Path, command: list[str]) -> int:
    """Run the command; returns its exit code, or 255 if it was cut off."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0)
    assert process.stdout is not None
    seen = b""
    while GREETING not in seen and (data := process.stdout.read(1)):
        seen += data
    os.write(1, seen[:-1])
    pending = seen[-1:]
    while data := os.read(process.stdout.fileno(), 65536):
        pending += data
        while len(pending) >= 4 and len(pending) >= (size := 4 + int.from_bytes(pending[:4], "big")):
            if size > LARGE and signal.exists():
                os.write(1, pending[: size // 2])
                process.kill()
                signal.replace(f"{signal}.cut")
                return 255
            os.write(1, pending[:size])
            pending = pending[size:]
    return process.wait()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
