"""The list of plots, one file each. `tui.engine.plots` computes a plot's series, by the plot's id."""

from tui.widgets.plots.cumulative import Cumulative
from tui.widgets.plots.histogram import Histogram
from tui.widgets.plots.plot import Plot
from tui.widgets.plots.temperature import Temperature

PLOTS: tuple[Plot, ...] = (Cumulative(), Histogram(), Temperature())
"""All plots, in the order in which the plot key shows them."""
