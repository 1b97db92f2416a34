"""`config.toml`: usable entries are used, unusable ones are reported with the file's name, no file is created."""

from pathlib import Path

import pytest

from tui import paths
from tui.config import Config, load


@pytest.fixture
def file(tmp_path):
    return tmp_path / "config.toml"


def test_no_file_is_the_defaults_and_creates_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "there"))
    assert load() == (Config(), [])
    assert list(tmp_path.iterdir()) == []


def test_everything_can_be_set(file):
    file.write_text('theme = "light"\nmouse = false\n[keymap]\nstep = "n,f5"\n')
    assert load(file) == (Config(theme="light", mouse=False, keymap={"step": "n,f5"}), [])


@pytest.mark.parametrize(
    ("text", "config", "said"),
    [
        ("teme = 'x'", Config(), "there is no setting 'teme'. Known: theme, mouse, resume, keymap."),
        ("teme = 'x'\nmouse = false", Config(mouse=False), "there is no setting 'teme'."),
        ("resume = 0", Config(), "resume must be true or false."),
        ("theme = 3", Config(), "theme must be the name of a theme, in quotes."),
        ("theme = ''", Config(), "theme must be the name of a theme, in quotes."),
        ("mouse = 'no'", Config(), "mouse must be true or false."),
        ("keymap = 'n'", Config(), "keymap must be a table, [keymap]."),
        ("[keymap]\nstep = 1\nrun = 'r'", Config(keymap={"run": "r"}), "keymap.step must be a text, such as 'n,f5'."),
        ("theme = ' '", Config(), "theme must be the name of a theme, in quotes."),
        ("mouse = 1", Config(), "mouse must be true or false."),
        ("[[keymap]]", Config(), "keymap must be a table, [keymap]."),
        ("[keymap]\nstep = ''", Config(), "keymap.step must be a text, such as 'n,f5'."),
        ("theme = " + "[" * 10_000, Config(), "is nested too deeply."),
        ("mouse = ", Config(), "is not TOML in UTF-8 (Invalid value"),
        ('"\\u001b]0;x" = 1', Config(), "there is no setting '␛]0;x'."),
    ],
)
def test_what_cannot_be_used_is_named_and_the_rest_is_used(file, text, config, said):
    file.write_text(text)
    loaded, problems = load(file)
    assert loaded == config
    assert len(problems) == 1
    assert problems[0].startswith(f"{file}: {said}")


def test_bytes_that_are_no_text_are_named(file):
    file.write_bytes(b"theme = '\xff'")
    assert load(file)[0] == Config()
    assert "is not TOML in UTF-8" in load(file)[1][0]


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    assert load(tmp_path) == (Config(), [f"{tmp_path}: cannot be read (Is a directory)."])


def test_every_path_follows_xdg_and_none_is_created(monkeypatch, tmp_path):
    for name in ("CONFIG", "STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    assert paths.config_file() == tmp_path / "config" / "samplescope" / "config.toml"
    assert paths.themes_dir() == tmp_path / "config" / "samplescope" / "themes"
    assert paths.log_file() == tmp_path / "state" / "samplescope" / "samplescope.log"
    assert paths.data_dir() == tmp_path / "data" / "samplescope"
    assert list(tmp_path.iterdir()) == []


def test_private_folders_are_their_owners(tmp_path):
    folder = paths.make_private(tmp_path / "a" / "b")
    assert Path(folder).stat().st_mode & 0o777 == 0o700
    assert paths.make_private(folder) == folder
