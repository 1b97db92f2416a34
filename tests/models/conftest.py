from pathlib import Path

import pytest
import torch

from tests.models import checkpoints

# Models so small that sharing the work takes longer than the work; the runs of tests/parity share it.
torch.set_num_threads(1)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model that loads."""
    return checkpoints.whole(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture
def broken(checkpoint: Path, tmp_path: Path) -> Path:
    """A copy of it to break."""
    return checkpoints.copy(checkpoint, tmp_path / "broken")
