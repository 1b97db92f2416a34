"""What the workbench does, without a screen: its state, its engine, and each feature as an object of its own.

Knows no textual: a feature is tested by calling it. `Explorer` is the only place that changes what is shown; a feature
changes it through the explorer and names its commands, the ids of `tui.keys`.
"""
