"""The table of actions, and the check of a person's keymap."""

from collections import Counter
from pathlib import Path

import pytest

from tui import keys


def test_no_key_belongs_to_two_actions():
    counts = Counter(key for action in keys.ACTIONS.values() for key in action.keys.split(","))
    assert [key for key, count in counts.items() if count > 1] == []


def test_every_action_has_a_group_and_a_sentence():
    for action in keys.ACTIONS.values():
        assert action.group in keys.GROUPS
        assert action.tooltip.endswith(".")


def test_no_action_hangs_on_a_prefix_of_tmux_or_zellij_alone():
    prefixes = {f"ctrl+{letter}" for letter in "abgnopqst"}
    for action in keys.ACTIONS.values():
        assert set(action.keys.split(",")) - prefixes


def test_a_keymap_is_taken_where_it_is_right():
    assert keys.check_keymap({"step": "f5,N"}) == ({"step": "f5,N"}, [])


def test_what_textual_would_swallow_is_refused_with_a_line():
    usable, problems = keys.check_keymap({"stepp": "n", "run": "", "back": 3, "forward": "no key", "help": "f9"})
    assert usable == {"help": "f9"}
    assert len(problems) == 4
    assert "stepp" in problems[0]


def test_a_key_that_another_action_has_is_refused():
    usable, problems = keys.check_keymap({"run": "n"})
    assert usable == {}
    assert problems == ["'n' belongs to another action already ('run')."]


def test_two_actions_may_swap_their_keys():
    assert keys.check_keymap({"run": "n", "step": "r"}) == ({"run": "n", "step": "r"}, [])


def test_the_readme_has_the_table_as_it_is_now():
    assert keys.markdown_table() in (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_a_sentence_names_the_keys_that_this_person_has():
    sentence = "{step} draws, {start} goes back, {stop} gives up."
    assert keys.Keymap().phrase(sentence) == "n draws, < goes back, esc gives up."
    assert keys.Keymap(step="f5,N", stop="ctrl+x").phrase(sentence) == "f5 draws, < goes back, ctrl+x gives up."
    assert keys.Keymap().phrase("nothing of {ours}") == "nothing of {ours}"


def test_an_action_that_nothing_handles_is_found():
    commands = {action.id for action in keys.ACTIONS.values() if not action.call}
    keys.check_commands(commands)
    with pytest.raises(LookupError, match="redraw"):
        keys.check_commands(commands - {"redraw"})
