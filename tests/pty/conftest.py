import json
import subprocess
from pathlib import Path

import pytest

from tests.patience import PATIENCE
from tests.pty.explorer import COMMAND, Explorer, surroundings
from tui.core.printable import printable_bytes


def pytest_collection_modifyitems(items):
    skip = pytest.mark.skip(reason="these tests look at the program's processes through /proc (Linux)")
    for item in items:
        if Path(__file__).parent in item.path.parents and not Path("/proc/self/maps").exists():
            item.add_marker(skip)


@pytest.fixture
def start(tmp_path):
    """Starts the explorer, with command line options, on a terminal that ends with the test."""
    started = []

    def begin(*options, **how):
        started.append(Explorer(tmp_path, *options, **how))
        return started[-1]

    yield begin
    for explorer in started:
        explorer.__exit__()


@pytest.fixture(scope="session")
def headless(tmp_path_factory):
    """The step records of ten steps of `samplescope run`."""
    folder = tmp_path_factory.mktemp("headless")
    ran = subprocess.run(
        [*COMMAND, "run", "--max-new-tokens", "10", "--top", "40"],
        cwd=folder, env={"PATH": "", **surroundings(folder)}, capture_output=True, timeout=PATIENCE, check=True,
    )  # fmt: skip
    records = [json.loads(line) for line in ran.stdout.splitlines()]
    return [record for record in records if record["type"] == "step"]


def best_of(step):
    """The best candidate of a step record, as the list shows it."""
    return printable_bytes(bytes.fromhex(step["candidates"][0]["bytes"]))
