"""The status line: the view's numbers, the engine's state, and the parts dropped in narrow terminals."""

import math

import pytest

from tests.ui.bare import alone, lines
from tui.core.story import How, Node
from tui.protocol import Entropy, Opened, Progress, Viewed
from tui.widgets.figures import Part, perplexity
from tui.widgets.status import DROPPED_FIRST, StatusLine, fitting


def opened(**more):
    known = {"model": "demo", "vocabulary": 50_257, "context": 1024, "device": "cpu", "dtype": "float32"}
    return Opened(id=1, exact=True, settings={}, **{**known, **more})


def viewed(final=2.9, kept=37, mass=0.902):
    return Viewed(id=1, slot="main", at=3, revision=1, settings={}, kept=kept, kept_mass=mass, vocabulary=50_257,
                  entropy=Entropy(4.1, 3.8, final))  # fmt: skip


def token(surprisal, how=How.SAMPLED):
    return Node(5, 4, 4, 4, b"x", how=how, surprisal=surprisal, ms=6.9)


def make(**more):
    status = StatusLine()
    for name, value in {
        "opened": opened(),
        "viewed": viewed(),
        "node": token(2.12),
        "perplexity": 9.81,
        **more,
    }.items():
        setattr(status, name, value)
    return status


def squeezed(pilot):
    return [" ".join(line.split()) for line in lines(pilot.app) if line]


async def test_at_120_columns_two_lines_say_it_all():
    async with alone(make(running="running", message="Press r to stop."), size=(120, 5)) as pilot:
        assert squeezed(pilot) == [
            "entropy 4.10 → 2.90 bits · ≈ 7.5 candidates · kept 37 · mass 0.902 │ surprisal 2.1 · ppl 9.8",
            "demo · cpu · float32 · 6.9 ms a step │ running · Press r to stop.",
        ]


async def test_at_80_columns_parts_go_whole_in_the_stated_order():
    async with alone(make(), size=(80, 5)) as pilot:
        assert squeezed(pilot)[0] == "entropy 4.10 → 2.90 bits · kept 37 · mass 0.902 │ surprisal 2.1"


async def test_on_one_line_what_happens_comes_first():
    status = make(message="No such token.")
    status.styles.height = 1
    async with alone(status, size=(80, 5)) as pilot:
        assert squeezed(pilot) == ["No such token. │ entropy 4.10 → 2.90 bits · kept 37 │ surprisal 2.1"]


async def test_another_machine_is_named_and_its_name_is_text_like_any_other():
    status = make(host="gpubox")
    async with alone(status, size=(120, 5)) as pilot:
        assert squeezed(pilot)[1] == "demo · on gpubox · cpu · float32 · 6.9 ms a step"
        status.host = "[/b]\x1b" + "x" * 60
        await pilot.pause()
        assert squeezed(pilot)[1] == "demo · on [/b]␛" + "x" * 22 + "… · cpu · float32 · 6.9 ms a step"


async def test_what_a_server_does_not_tell_is_left_out_and_trust_is_said():
    served = opened(backend="vLLM", dtype="", trusted=True)
    async with alone(make(opened=served), size=(120, 5)) as pilot:
        assert squeezed(pilot)[1] == "demo · vLLM · cpu · its code is trusted · 6.9 ms a step"


@pytest.mark.parametrize("width", range(0, 130, 7))
def test_what_is_left_fits_and_is_in_place(width):
    parts = [Part(name, f"{name} ", "12.3") for name in reversed(DROPPED_FIRST)]
    left = fitting(parts, width)
    assert sum(part.width for part in left) - 3 <= width or not left
    assert left == [part for part in parts if part in left]
    gone = [name for name in DROPPED_FIRST if name not in {part.name for part in left}]
    assert gone == list(DROPPED_FIRST[: len(gone)])


async def test_numbers_keep_their_places_from_step_to_step():
    status = make()
    async with alone(status, size=(120, 5)) as pilot:
        before = lines(pilot.app)[0]
        places = [index for index, char in enumerate(before) if char in "·→"]
        status.viewed, status.node, status.perplexity = viewed(15.6, 50_257, 1.0), token(17.9), 123_456.0
        await pilot.pause()
        after = lines(pilot.app)[0]
        assert [index for index, char in enumerate(after) if char in "·→"] == places


async def test_a_mass_short_of_all_never_reads_as_all():
    async with alone(make(viewed=viewed(mass=0.99996)), size=(120, 5)) as pilot:
        assert "mass 0.9999" in squeezed(pilot)[0]


async def test_what_is_not_known_yet_is_a_dash():
    async with alone(make(viewed=None, node=None, perplexity=None), size=(120, 5)) as pilot:
        assert squeezed(pilot)[0] == "entropy – → – bits · ≈ – candidates · kept – · mass – │ surprisal – · ppl –"


async def test_a_prompt_token_has_no_surprisal():
    async with alone(make(node=Node(5, 4, 4, 4, b"x")), size=(120, 5)) as pilot:
        assert "surprisal –" in squeezed(pilot)[0]


async def test_progress_is_a_share_where_the_whole_is_known_and_a_count_where_not():
    status = make(running="opening", progress=Progress(of=1, stage="weights", done=50, total=100))
    async with alone(status, size=(120, 5)) as pilot:
        assert "weights ━━━━━━────── 50 %" in squeezed(pilot)[1]
        status.progress = Progress(of=1, stage="weights", done=1234, unit="tensors")
        await pilot.pause()
        assert "weights 1,234 tensors" in squeezed(pilot)[1]
        assert "loading" not in squeezed(pilot)[1]  # the progress's stage replaces it


async def test_what_the_model_asked_and_did_not_get_is_counted():
    async with alone(make(opened=opened(notes=["num_beams 4", "guidance_scale 2"])), size=(120, 5)) as pilot:
        assert "2 notes" in squeezed(pilot)[1]


async def test_names_and_messages_from_elsewhere_are_harmless():
    status = make(opened=opened(model="[/b]\x1b[2J"), message="[bold]\x1b]52;c;\x07")
    async with alone(status, size=(120, 5)) as pilot:
        text = "".join(lines(pilot.app))
        assert "[/b]␛[2J" in text
        assert "[bold]␛]52;c;␇" in text
        assert text.isprintable()


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120, 200])
async def test_nothing_is_wider_than_the_terminal(width):
    status = make(running="running", message="m" * 300, progress=Progress(of=1, stage="s" * 50, done=1, total=3))
    async with alone(status, size=(width, 5)) as pilot:
        assert all(len(line) <= width for line in status.render().plain.splitlines())
        await pilot.pause()


def test_perplexity_is_two_to_the_mean_surprisal_of_the_generated_tokens():
    nodes = [Node(1, 0, 0, 1, b"p"), token(1.0), token(3.0, How.CHOSEN), token(math.nan)]
    assert perplexity(nodes) == 4.0
    assert perplexity(nodes[:1]) is None
