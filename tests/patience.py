"""How long a test waits until it calls something a hang: waits are for conditions, never for a clock."""

import os

PATIENCE = float(os.environ.get("SAMPLESCOPE_PATIENCE", "300"))
"""Seconds: ten times what the slowest of these waits takes while other programs have both cores."""
