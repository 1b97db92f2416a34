"""The list of plots, one file each. `tui.engine.plots` computes a plot's series, by the plot's id."""

from typing import Any

from tui.widgets.plots.cumulative import Cumulative
from tui.widgets.plots.histogram import Histogram
from tui.widgets.plots.plot import Plot
from tui.widgets.plots.stages import Stages
from tui.widgets.plots.temperature import Temperature
from tui.widgets.plots.text import TextPlot

PLOTS: tuple[Plot[Any], ...] = (Cumulative(), Histogram(), Temperature(), Stages(), TextPlot())
"""All plots, in the order in which the plot key shows them."""
