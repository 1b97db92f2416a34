"""The workbench and the dialogs over it. Screens turn widget messages into calls of the explorer's features."""
