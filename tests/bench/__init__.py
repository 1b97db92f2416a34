"""Speed and memory, measured: `python -m tests.bench` prints every table, `--check` fails at three times a bar."""

from tui.terminal.checks import prepare_environment

prepare_environment()  # as the program does, before textual is imported
