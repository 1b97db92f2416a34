"""Plots: one file each, and this list. The function of a plot's id in `tui.engine.plots` computes what it shows."""

from tui.widgets.plots.cumulative import Cumulative
from tui.widgets.plots.histogram import Histogram
from tui.widgets.plots.plot import Plot

PLOTS: tuple[Plot, ...] = (Cumulative(), Histogram())
"""In the order in which they are gone through."""
