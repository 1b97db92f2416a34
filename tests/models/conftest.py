from pathlib import Path

import pytest
import torch

from tests.models import checkpoints

# The models are so small that threads slow them down; the runs of tests/parity use threads.
torch.set_num_threads(1)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model that loads."""
    return checkpoints.whole(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture
def broken(checkpoint: Path, tmp_path: Path) -> Path:
    """A copy of `whole` to break."""
    return checkpoints.copy(checkpoint, tmp_path / "broken")
