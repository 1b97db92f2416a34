"""The explorer as a person uses it: the real program, the real engine, the demo model, on a terminal.

One program for each size serves all tests, in their order; each begins by going where it wants to be.
"""

import base64
import json
import math
import re
import subprocess

import pytest

from tests.patience import PATIENCE
from tests.pty.conftest import best_of
from tests.pty.explorer import COMMAND, Explorer, after, ends, listed, maps, seed, surroundings

SIZES = ((120, 40), (80, 24))
ENTER, DOWN, RIGHT = "\r", "\x1b[B", "\x1b[C"
ESC = "\x1b[27u"  # as the keyboard protocol has it: no wait for what might follow
LIST_HAS_THE_FOCUS = "⏎ take  n step"


@pytest.fixture(scope="module", params=SIZES, ids=["120x40", "80x24"])
def opened(request, tmp_path_factory):
    """One explorer with its candidates shown, for all tests of this file."""
    with Explorer(
        tmp_path_factory.mktemp("explorer{}x{}".format(*request.param), numbered=False), size=request.param
    ) as explorer:
        explorer.first = explorer.until(
            lambda screen: "unicorns" in screen and "The model has yet to read the prompt." in screen
        )
        explorer.libraries_at_first = maps(explorer.process.pid)
        explorer.home = after(explorer.open().screen())
        yield explorer


@pytest.fixture
def explorer(opened):
    """The explorer with the cursor after the prompt, no parameter given, and the list focused."""
    opened.send(ESC)  # whatever dialog a test that failed has left behind
    opened.until(lambda screen: LIST_HAS_THE_FOCUS in screen and "╭─ Help" not in screen)
    opened.send("0<")
    opened.until_at(opened.home)
    return opened


def steps(explorer, headless, count):
    """Make `count` steps, each shown before the next key."""
    for number in range(1, count + 1):
        explorer.send("n")
        explorer.until_at(explorer.home + number, best_of(headless[number]) if number < len(headless) else "")


def saved(explorer):
    """Save the branch under the suggested name; returns the records in the file."""
    count = len(list(explorer.folder.glob("branch*.jsonl")))
    name = f"branch-{count + 1}.jsonl" if count else "branch.jsonl"
    explorer.send("w")
    explorer.until(lambda screen: "Save as" in screen and f"│ {name}" in screen)
    explorer.send(ENTER)
    explorer.until(lambda screen: "Save as" not in screen and (explorer.folder / name).exists() and "Written" in screen)
    return [json.loads(line) for line in (explorer.folder / name).read_text(encoding="utf-8").splitlines()]


def test_the_unicorn_prompts_candidates_appear_by_themselves(opened, headless):
    assert not listed(opened.first)
    opened.until_at(opened.home, best_of(headless[0]))
    wanted = {row["rank"]: row["id"] for row in headless[0]["candidates"]}
    screen = opened.until(lambda screen: len(listed(screen)) >= 8)
    shown = {rank: token for rank, (_, token) in listed(screen).items()}
    assert shown == {rank: wanted[rank] for rank in shown}


def test_torch_is_in_the_engine_and_never_in_the_program_itself(opened):
    assert "libtorch" not in opened.libraries_at_first
    assert "libtorch" in maps(opened.engine)
    assert not re.search("libtorch|numpy", maps(opened.process.pid))


def test_ten_steps_are_those_of_run(explorer, headless):
    assert seed(explorer.screen()) == 42
    steps(explorer, headless, 10)
    records = saved(explorer)
    assert [record["type"] for record in records] == ["run", *["step"] * 10, "end"]
    assert [record["id"] for record in records[1:-1]] == [step["id"] for step in headless]
    assert [record["rank"] for record in records[1:-1]] == [step["rank"] for step in headless]
    assert [record["raw"] for record in records[1:-1]] == [step["raw"] for step in headless]
    assert records[-1]["ids"] == [step["id"] for step in headless]


def test_back_and_forward_move_along_the_branch(explorer, headless):
    steps(explorer, headless, 3)
    explorer.send("h")
    explorer.until_at(explorer.home + 2, best_of(headless[2]))
    explorer.send("l")
    explorer.until_at(explorer.home + 3, best_of(headless[3]))


def test_step_back_step_draws_the_same_token(explorer, headless):
    steps(explorer, headless, 2)
    explorer.go_back_to(explorer.home + 1)
    explorer.send("n")
    explorer.until_at(explorer.home + 2, best_of(headless[2]))
    drawn = [record["id"] for record in saved(explorer) if record["type"] == "step"]
    assert drawn[:2] == [step["id"] for step in headless[:2]]


def test_a_slider_moves_every_number_and_reset_brings_them_back(explorer, headless):
    explorer.until_at(explorer.home, best_of(headless[0]))
    before = numbers_of_the_best(explorer.until(lambda screen: len(numbers_of_the_best(screen)) == 3))
    explorer.send(",")
    explorer.until(lambda screen: LIST_HAS_THE_FOCUS not in screen and "max new tokens" in screen)
    explorer.send(RIGHT * 10)
    explorer.until("1.10")
    hotter = explorer.until(lambda screen: len(numbers := numbers_of_the_best(screen)) == 3 and numbers[1] < before[1])
    raw, _, final = numbers_of_the_best(hotter)
    assert raw == before[0]
    assert final < before[2]
    explorer.send(ESC)  # on a slider 0 would be a number
    explorer.until(LIST_HAS_THE_FOCUS)
    explorer.send("0")
    explorer.until(lambda screen: numbers_of_the_best(screen) == before)


def test_a_taken_candidate_is_a_branch_of_its_own_and_says_so(explorer, headless):
    steps(explorer, headless, 2)
    explorer.go_back_to(explorer.home + 1)
    explorer.until_at(explorer.home + 1, best_of(headless[1]))
    other = next(row for row in headless[1]["candidates"] if row["id"] != headless[1]["id"])
    token = other["id"]
    explorer.send(DOWN * (other["rank"] - 1))
    explorer.until(f" · bytes {bytes.fromhex(other['bytes']).hex(' ')}")
    explorer.send(ENTER)
    explorer.until_at(explorer.home + 2)
    drawn = [record for record in saved(explorer) if record["type"] == "step"]
    assert [(step["id"], step["how"]) for step in drawn] == [(headless[0]["id"], "sampled"), (token, "chosen")]
    explorer.send("a")
    explorer.until_at(explorer.home + 1)
    explorer.send("l")
    explorer.until_at(explorer.home + 2)
    assert saved(explorer)[2]["id"] != token


def test_preset_4_shows_the_top_k_that_nobody_asked_for(explorer):
    explorer.send("4")
    screen = explorer.until("0.90")
    assert re.search(r"50 ⚑|k 50 \(default\)", screen)
    screen = explorer.until(lambda screen: re.search(r"kept +\d+", screen) and "kept 50 " not in screen)
    assert int(re.search(r"kept +(\d+)", screen)[1]) < 50


def test_each_of_the_posts_four_continues_the_text_and_one_is_drawn_by_a_key(explorer, headless):
    explorer.send("X")
    explorer.until("Compare · after token")
    explorer.send("c")
    explorer.until("tokens, same seed")
    explorer.send(f"10{ENTER}")
    explorer.until(lambda screen: screen.count("10 tokens") == 4)
    explorer.send("b")
    explorer.until_at(explorer.home + 10)
    drawn = [record for record in saved(explorer) if record["type"] == "step"]
    assert [step["id"] for step in drawn[:10]] == [step["id"] for step in headless]
    explorer.send("<X")
    explorer.until("Compare · after token")
    explorer.send("p")
    explorer.until(lambda screen: re.search(r"top-k +off +off +50 +50 ⚑ unasked", screen))
    explorer.send(f"c{ENTER}")
    explorer.until(lambda screen: screen.count("10 tokens") == 4 and "distinct-2" in screen)
    explorer.send(ESC)
    explorer.until_at(explorer.home)


def test_greedy_leaves_one_candidate_and_back_again(explorer):
    explorer.send("g")
    explorer.until("kept 1 ")
    explorer.send("g")
    explorer.until("kept 50 ")


def test_copied_settings_go_to_the_terminals_clipboard_and_only_then(explorer):
    assert b"\x1b]52" not in explorer.raw
    explorer.send(",")
    explorer.until(lambda screen: LIST_HAS_THE_FOCUS not in screen)
    explorer.send("c")
    explorer.until("torch.manual_seed")
    mark = explorer.mark()
    explorer.send(ENTER)
    written = explorer.until_written(b"\x1b]52;c;", mark)
    explorer.until("Sent to the terminal")
    written = re.search(rb"\x1b\]52;c;([A-Za-z0-9+/=]+)\x07", explorer.bytes_since(mark))
    assert b"top_k=50" in base64.b64decode(written[1])
    explorer.send(ESC)
    explorer.until(lambda screen: "generation_config.json" not in screen)


def test_help_explains_the_list_and_names_the_keys(explorer):
    explorer.send("?")
    explorer.until("the token this seed would draw")
    # Line by line: a page is scrolled in several pictures, and what is asked for may pass between two looks.
    while "Draw 1,000 times here" not in (screen := explorer.screen()):
        explorer.send(DOWN)
        explorer.until(lambda now, before=screen: now != before)
    explorer.send(ESC)
    explorer.until_at(explorer.home)


def test_the_palette_runs_an_action_by_name(explorer):
    explorer.send(":")
    explorer.until("Search for commands")
    explorer.send("greedy")
    explorer.until("Switch between drawing")
    explorer.send(ENTER)
    explorer.until("kept 1 ")
    explorer.send("g")
    explorer.until("kept 50 ")


def test_the_next_seed_draws_another_token(explorer):
    now = seed(explorer.until(lambda screen: bool(re.search(r"seed \d", screen))))
    for number in range(now + 1, now + 4):
        explorer.send("s")
        explorer.until(f"seed {number}")


def test_scoring_the_text_gives_the_numbers_of_score(explorer, tmp_path):
    told = subprocess.run(
        [*COMMAND, "score", "--json"],
        cwd=tmp_path, env={"PATH": "", **surroundings(tmp_path)}, capture_output=True, timeout=PATIENCE, check=True,
    )  # fmt: skip
    end = json.loads(told.stdout.splitlines()[-1])
    explorer.send("E")
    screen = explorer.until("Scored by one forward")
    assert f"{end['scored']} × {-end['mean_logprob'] / math.log(2):.2f} bits" in " ".join(screen.split())
    explorer.until(f"{end['unreachable']} struck")


def test_quitting_ends_everything_with_code_0_and_gives_the_terminal_back(opened):
    engine = opened.engine
    mark = opened.mark()
    opened.send("q")
    assert opened.wait() == 0
    assert ends(engine)
    written = opened.bytes_since(mark)
    for mode in (b"?1049l", b"?25h", b"?1003l", b"?2004l"):
        assert b"\x1b[" + mode in written


def numbers_of_the_best(screen):
    """raw, tempered and final of rank 1, in percent."""
    line = next((line for line in screen.split("\n") if re.search(r"(^|│) +1 [▸•§ ].*\d\.\d", line)), "")
    return [float(number) for number in re.findall(r"\d+\.\d+", line)[:3]]
