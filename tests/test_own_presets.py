"""`presets.toml`: what is kept comes back; what stands there is never lost; what is unusable is named in a line."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tui import own_presets, paths
from tui.core.labels import in_words
from tui.errors import InputError

BY_HAND = """# mine, over years
[presets.calm] # for letters
temperature = 0.7
# not too many
top_k = 40

[presets."wild one"]
temperature = 1.9
top_k = "off"
"""


@pytest.fixture(autouse=True)
def file(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return paths.presets_file()


@pytest.fixture
def by_hand(file):
    file.parent.mkdir()
    file.write_text(BY_HAND, encoding="utf-8")
    return file


def loaded():
    presets, problems = own_presets.load()
    assert problems == []
    return {preset.name: preset.given for preset in presets}


def test_no_file_is_no_presets_and_none_is_made(file):
    assert own_presets.load() == ([], [])
    assert not file.parent.exists()


names = st.text(min_size=1, max_size=own_presets.LONGEST_NAME).filter(lambda name: name.strip() and name.isprintable())
givens = st.fixed_dictionaries(
    {},
    optional={
        "temperature": st.floats(1e-9, 1e9), "top_k": st.integers(0, 2**40) | st.none(), "top_p": st.floats(1e-9, 1.0),
        "min_p": st.floats(0, 1) | st.none(), "do_sample": st.booleans(), "max_new_tokens": st.integers(1, 10**9),
    },
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(names, givens, max_size=4), st.data())
def test_what_is_kept_comes_back_and_removing_one_leaves_the_others(file, presets, data):
    file.unlink(missing_ok=True)
    for name, values in presets.items():
        own_presets.save(name, values)
    kept = {name: {key: _kept(key, value) for key, value in values.items()} for name, values in presets.items()}
    assert loaded() == kept
    for name in data.draw(st.permutations(list(presets))):
        own_presets.remove(name)
        del kept[name]
        assert loaded() == kept


def _kept(name, value):
    return 0 if name == "top_k" and value is None else value


def test_a_preset_is_appended_and_what_was_there_is_untouched(by_hand):
    own_presets.save("greedy", {"do_sample": False, "repetition_penalty": 1.1})
    text = by_hand.read_text(encoding="utf-8")
    assert text == BY_HAND + "\n[presets.greedy]\ndo_sample = false\nrepetition_penalty = 1.1\n"
    assert list(loaded()) == ["calm", "wild one", "greedy"]


def test_a_file_without_a_last_line_break_is_appended_to_as_well(by_hand):
    by_hand.write_text(BY_HAND.rstrip("\n"), encoding="utf-8")
    own_presets.save("new", {"top_k": 3})
    assert list(loaded()) == ["calm", "wild one", "new"]


def test_comments_stay_where_a_preset_goes(by_hand):
    own_presets.remove("calm")
    text = by_hand.read_text(encoding="utf-8")
    assert "# mine, over years" in text and "# not too many" in text
    assert loaded() == {"wild one": {"temperature": 1.9, "top_k": 0}}


def test_a_link_stays_a_link_and_a_mode_its_mode(file, tmp_path):
    real = tmp_path / "dotfiles.toml"
    real.write_text(BY_HAND, encoding="utf-8")
    real.chmod(0o640)
    file.parent.mkdir()
    file.symlink_to(real)
    own_presets.save("new", {"top_k": 3})
    own_presets.remove("calm")
    assert file.is_symlink() and real.stat().st_mode & 0o777 == 0o640
    assert list(loaded()) == ["wild one", "new"]


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "\x1b]0;x\x07", "\u202e", "x" * 41, "\ud800"])
def test_a_name_that_cannot_be_shown_is_refused(file, name):
    with pytest.raises(InputError, match="printable characters"):
        own_presets.save(name, {"top_k": 3})
    assert not file.exists()


def test_a_name_that_is_taken_is_refused(by_hand):
    with pytest.raises(InputError, match="a preset 'calm' already"):
        own_presets.save("calm", {"top_k": 3})
    assert by_hand.read_text(encoding="utf-8") == BY_HAND


UNTOUCHABLE = [
    "presets = 3",
    "presets = { calm = { top_k = 3 } }",
    "presets.calm.top_k = 3",
    "[presets",
    "\ufeff[",
    "a = \x00",
]


@pytest.mark.parametrize("text", UNTOUCHABLE)
def test_a_file_that_cannot_be_changed_safely_is_left_as_it_is(file, text):
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    for act in (lambda: own_presets.remove("calm"), lambda: own_presets.save("calm", {"top_k": 3})):
        with pytest.raises(InputError):
            act()
        assert file.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("presets = ", "is not TOML ("),
        ("a = " + "[" * 10_000, "is nested too deeply."),
        ("colour = 1", "colour is no [presets.NAME]."),
        ("[presets]\ncalm = 3", "presets.calm: it must be a table, [presets.NAME]."),
        ("[presets.calm]\ntop_p = 7", "presets.calm: Top-p must be above 0 and at most 1, not 7."),
        ("[presets.calm]\ntop_p = '0.5'", "presets.calm: top_p must be a number, not '0.5'."),
        ("[presets.calm]\nseed = 3", "presets.calm: There is no parameter 'seed'."),
        ("[presets.calm]\ntop_k = true", "presets.calm: Top-k must be a whole number"),
        ("[presets.calm]\ntop_k = 1979-05-27", "presets.calm: Top-k must be a whole number"),
        ("[presets.calm]\ntemperature = nan", "presets.calm: Temperature must be above 0"),
        ("[presets.calm]\ndo_sample = 'off'", "presets.calm: do_sample must be a number"),
        ('[presets."\\u001b]0;x"]\ntop_k = -1', "presets.␛]0;x: "),
    ],
)
def test_what_is_unusable_is_named_in_one_line_and_the_rest_is_used(file, text, said):
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    presets, problems = own_presets.load()
    assert presets == []
    assert len(problems) == 1 and problems[0].isprintable()
    assert problems[0].startswith(f"{file}: {said}")
    if text.startswith("[presets.") and "seed" not in text:
        file.write_text(f"{text}\n[presets.right]\ntop_k = 3\n", encoding="utf-8")
        assert [preset.name for preset in own_presets.load()[0]] == ["right"]


def test_bytes_that_are_no_text_and_a_folder_are_named(file):
    file.parent.mkdir()
    file.write_bytes(b"\xff")
    assert own_presets.load()[1] == [f"{file}: is not UTF-8."]
    file.unlink()
    file.mkdir()
    assert own_presets.load()[1] == [f"{file}: cannot be read (Is a directory)."]


def test_a_full_disk_is_said_and_loses_nothing(by_hand, monkeypatch):
    monkeypatch.setattr(type(by_hand), "replace", lambda *_: (_ for _ in ()).throw(OSError(28, os.strerror(28))))
    with pytest.raises(InputError, match="cannot be written"):
        own_presets.remove("calm")
    assert by_hand.read_text(encoding="utf-8") == BY_HAND


def test_settings_in_words():
    given = {"temperature": 1.0, "top_k": 0, "min_p": None, "top_p": 0.95, "do_sample": False, "max_new_tokens": 1000}
    words = "temperature 1.00 · top-k off · top-p 0.95 · min-p off · greedy · max new tokens 1,000"
    assert in_words(given) == words
    assert in_words({}) == ""
