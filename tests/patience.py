"""How long a test waits for a condition before it fails."""

import os

PATIENCE = float(os.environ.get("SAMPLESCOPE_PATIENCE", "300"))
"""In seconds: ten times what the slowest wait takes while other programs use both cores."""
