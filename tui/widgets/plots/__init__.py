"""The list of plots, one file each. `tui.engine.plots` computes a plot's series, by the plot's id."""

from tui.widgets.plots.cumulative import Cumulative
from tui.widgets.plots.plot import Plot

PLOTS: tuple[Plot, ...] = (Cumulative(),)
"""All plots; the pane shows the first one."""
