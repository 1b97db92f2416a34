"""The workbench without a screen: its state, its engine, and one object per feature.

Imports no textual: a feature is tested by calling it. Only `Explorer` changes the picture on screen; a feature
changes it through the explorer. `commands()` of a feature maps action ids of `tui.keys` to its methods.
"""
