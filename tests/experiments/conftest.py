from tests.models.conftest import broken, checkpoint

__all__ = ["broken", "checkpoint"]
