"""`--resume` on the command line: the session's own options, refusals in one line, exit code 2."""

import pytest

from tests.test_session import NODES, made
from tui import cli, paths, session
from tui.core.origin import Origin
from tui.resumed import with_value


@pytest.fixture(autouse=True)
def explored(monkeypatch, tmp_path):
    """The options with which the explorer would start, in a folder of the test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    options = []
    monkeypatch.setattr(cli, "explore", lambda given: options.append(given) or 0)
    return options


@pytest.fixture
def samplescope(monkeypatch, capfd):
    """Runs the command line; returns the exit code and what it wrote to stderr."""

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["samplescope", *arguments])
        return cli.main(), capfd.readouterr().err

    return run


def keep(**changes):
    session.write(made(**changes), paths.session_file())


def refused(ended, *said):
    code, line = ended
    assert code == 2
    assert line.startswith("samplescope: ") and line.count("\n") == 1
    for part in said:
        assert part in line


def test_the_session_gives_the_model_the_prompt_and_the_settings(samplescope, explored):
    keep(origin=Origin(model="org/name", dtype="bfloat16"), chat=True, system="Brief.", submitted="The", seed=7)
    assert samplescope("--resume") == (0, "")
    (options,) = explored
    assert options.origin == Origin(model="org/name", dtype="bfloat16")
    assert (options.prompt, options.chat, options.system, options.seed) == ("The herd", True, "Brief.", 7)
    assert options.given == {"top_k": 0}
    assert [node.id for node in options.session.story] == [node.id for node in NODES]


def test_another_file_of_the_kind_can_be_named(samplescope, explored, tmp_path):
    session.write(made(seed=8), tmp_path / "monday")
    for named in (["--resume", "monday"], ["--resume=monday"]):
        assert samplescope(*named) == (0, "")
    assert [options.seed for options in explored] == [8, 8]


def test_without_a_kept_session_one_line_says_so(samplescope):
    refused(samplescope("--resume"), "There is no kept session.")
    refused(samplescope("--resume", "monday"), "The session in monday cannot be resumed: there is no such file.")


def test_a_damaged_session_is_one_line(samplescope):
    keep()
    paths.session_file().write_bytes(paths.session_file().read_bytes()[:-9])
    refused(samplescope("--resume"), "damaged", "Start without --resume.")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-m", "other"], "The session has another --model: org/name. Leave out --model or --resume."),
        (["--server", "http://localhost:1"], "The session was made without --server."),
        (["-p", "It was"], "The session has another --prompt: The herd."),
        (["--seed", "42"], "The session has another --seed: -3."),
        (["--top-k", "5"], "The session has another --top-k: 0."),
        (["--temperature", "2"], "The session was made without --temperature."),
        (["--greedy"], "The session was made without --greedy."),
        (["--chat"], "The session was made without --chat."),
        (["--no-special-tokens"], "The session was made without --no-special-tokens."),
        (["--device", "cuda"], "The session has another --device: auto."),
    ],
)
def test_what_contradicts_the_session_is_refused(samplescope, explored, options, said):
    keep(origin=Origin(model="org/name"))
    refused(samplescope("--resume", *options), said)
    assert explored == []


def test_what_says_the_same_is_no_contradiction(samplescope, explored, tmp_path):
    (tmp_path / "folder").mkdir()
    keep(origin=Origin(model=str(tmp_path / "folder")))
    assert samplescope("-m", "folder", "-p", "The herd", "--seed", "-3", "--top-k", "0", "--resume") == (0, "")


def test_trust_is_given_anew_each_time(samplescope, explored):
    keep(origin=Origin(model="org/name", trust_remote_code=True))
    samplescope("--resume")
    samplescope("--resume", "--trust-remote-code")
    assert [options.origin.trust_remote_code for options in explored] == [False, True]


def test_a_command_that_started_the_engine_is_asked_for_and_never_run_from_the_file(samplescope, explored):
    keep(engine=["ssh", "gpu box", "samplescope", "engine"])
    refused(samplescope("--resume"), "Give --engine \"ssh 'gpu box' samplescope engine\" too.")
    assert samplescope("--resume", "--engine", "ssh gpu samplescope engine") == (0, "")
    assert explored[0].engine == ["ssh", "gpu", "samplescope", "engine"]


def test_a_strangers_file_does_not_choose_the_server_that_gets_the_key(samplescope, explored):
    keep(origin=Origin(server="https://elsewhere"))
    assert samplescope("--resume") == (0, "")
    named = str(paths.session_file())
    refused(samplescope("--resume", named), "give --server https://elsewhere too")
    assert samplescope("--resume", named, "--server", "https://elsewhere") == (0, "")


@pytest.mark.parametrize("command", ["run", "verify"])
def test_it_is_for_the_explorer(samplescope, command):
    refused(samplescope("--resume=x", command), "--resume is for the explorer only.")


def test_a_bare_option_stands_for_the_session_kept_last():
    assert with_value(["--resume"]) == ["--resume="]
    assert with_value(["--resume", "--seed", "3"]) == ["--resume=", "--seed", "3"]
    assert with_value(["--resume", "file", "--seed", "3"]) == ["--resume", "file", "--seed", "3"]
    assert with_value(["run", "-m", "x"]) == ["run", "-m", "x"]
    assert with_value([]) == []
