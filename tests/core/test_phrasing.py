"""An error names an option once; the command line and the explorer each say it in their own words."""

import ast
import re
from pathlib import Path

import pytest

import tui
from tui.core.phrasing import in_explorer
from tui.errors import InputError, on_command_line
from tui.keys import Keymap

_FLAG = re.compile(r"(?:^|[\s(\"'])(--[a-z][a-z-]+|-m\b)")
_OTHERS = {"--max-logprobs", "--merge", "-m", "--resume"}
"""vLLM's; llama.cpp's; the interpreter's, in the command of an engine; and what to type once the explorer has ended."""


@pytest.mark.parametrize(
    ("sentence", "typed", "shown"),
    [
        ("Try {--dtype float32}.", "Try --dtype float32.", "Try the start option dtype float32."),
        (
            "{--device-map} needs a package.",
            "--device-map needs a package.",
            "The start option device-map needs a package.",
        ),
        ("{--top-p} must be above 0.", "--top-p must be above 0.", "Top-p must be above 0."),
        ("Leave {--chat} out.", "Leave --chat out.", "Leave the chat template (C) out."),
        ("Use {--greedy}.", "Use --greedy.", "Use greedy (g)."),
        ("A model's {braces} and {0} stay.", "A model's {braces} and {0} stay.", "A model's {braces} and {0} stay."),
    ],
)
def test_each_front_end_has_its_own_words(sentence, typed, shown):
    assert on_command_line(sentence) == typed
    assert Keymap().phrase(in_explorer(sentence)) == shown


def test_the_explorer_says_the_persons_own_keys():
    assert Keymap(greedy="f6").phrase(in_explorer("Use {--greedy}.")) == "Use greedy (f6)."


SPEAKING = ("cli.py", "options.py", "phrasing.py", "resuming.py", "page.py")
"""Files whose texts are for a shell."""


def literals():
    """Every text in the program that is no docstring, with its place, but in the files that speak to a shell."""
    root = Path(tui.__file__).parent
    for file in root.rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        if file.name not in SPEAKING and "demo" not in file.parts:
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
                    yield f"{file.relative_to(root)}:{node.lineno}", node.value


def test_no_sentence_names_an_option_as_it_is_typed():
    found = {place: flags for place, text in literals() if (flags := set(_FLAG.findall(text)) - _OTHERS)}
    assert found == {}


def test_an_error_as_a_text_has_the_command_lines_words():
    error = InputError("{--dtype} must be one.", "Try {--dtype float32}.")
    assert str(error) == "--dtype must be one. Try --dtype float32."
