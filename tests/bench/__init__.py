"""Speed and memory, measured: `python -m tests.bench` prints every table, `--check` fails at three times a bar."""
