"""Choosing another model: it loads in a second engine, and the open model stays until it is ready."""

import pytest

from tests.scripted import Gate
from tests.ui.conftest import SMALL, Recorded, screen_text
from tui import recent
from tui.core.catalog import Entry, Room, needed
from tui.core.origin import Origin, named
from tui.errors import ModelError
from tui.explorer.status import EngineStatus
from tui.launch import LaunchOptions
from tui.screens.models import ModelsScreen
from tui.widgets.model_lines import model_line, size
from tui.widgets.prompt import PromptEditor


async def listed(bed):
    """Open the screen and wait for the engine's list."""
    await bed.pilot.press("m")
    await bed.until(lambda: isinstance(bed.app.screen, ModelsScreen) and bed.app.screen.catalog is not None)
    return bed.app.screen


@pytest.mark.parametrize("size", [(120, 40), SMALL])
async def test_each_model_says_whether_there_is_room_for_it(start, size):
    async with start(size=size) as bed:
        await listed(bed)
        lines = screen_text(bed.app).split("\n")
        assert any("demo (built in)" in line and "open now" in line for line in lines)
        assert any("gpt2" in line and "fits, 7.54 GB to spare" in line for line in lines)
        assert any("big/model" in line and "122 GB too large" in line for line in lines)


async def test_the_list_shows_what_holds_the_typed_text(start):
    async with start() as bed:
        screen = await listed(bed)
        await bed.type("big")
        await bed.until(lambda: [origin.model for origin in screen._choices if origin] == ["big/model"])


LARGE = Entry(name="/m/a.gguf", title="a.Q4_K.gguf", place="LM Studio", files=5 << 30, parameters=8 << 30, dtype="Q4_K")
OLLAMA = Entry(name="/b/sha256-01", title="llama3:1b", place="Ollama", files=1 << 30, parameters=1 << 30, dtype="Q8_0")


def with_ggufs(*arguments, **keywords) -> Recorded:
    """An engine on a machine with files of two programs."""
    engine = Recorded(*arguments, **keywords)
    engine.cached = [LARGE, OLLAMA]
    return engine


@pytest.mark.parametrize("size", [(120, 40), SMALL])
async def test_gguf_files_stand_under_the_program_that_keeps_them_and_need_the_memory_of_float32(start, size):
    async with start(make=with_ggufs, size=size) as bed:
        await listed(bed)
        lines = screen_text(bed.app).split("\n")
        head = next(number for number, line in enumerate(lines) if "GGUF files of LM Studio" in line)
        large, heading, small = lines[head + 1 : head + 4]
        assert "a.Q4_K.gguf" in large and "24 GB too large" in large
        assert "GGUF files of Ollama" in heading
        assert "llama3:1b" in small and "fits, 4 GB to spare" in small
        assert ("Q8_0" in small) == (size != SMALL)


async def test_a_gguf_file_is_opened_by_its_path_and_a_heading_cannot_be_chosen(start):
    async with start(make=with_ggufs) as bed:
        screen = await listed(bed)
        await bed.type("llama3")
        await bed.until(lambda: screen._choices == [None, Origin(model="/b/sha256-01")])
        await bed.pilot.press("down", "enter")
        await bed.until(lambda: bed.explorer.engine.opened.model == "/b/sha256-01")


async def test_without_gguf_files_it_says_where_they_are_looked_for(start):
    async with start() as bed:
        await listed(bed)
        text = screen_text(bed.app)
        assert all(folder in text for folder in ("~/.lmstudio", "~/.ollama/models", "~/.cache/llama.cpp"))


async def test_another_model_gets_the_prompt_and_a_story_of_its_own(start):
    async with start() as bed:
        await bed.press("n", "n")
        bed.bench.query_one(PromptEditor).text = "the herd"
        await listed(bed)
        await bed.type("another/model")
        await bed.pilot.press("enter")
        await bed.until(lambda: bed.explorer.engine.opened.model == "another/model")
        await bed.shown()
        assert bed.drawn() == []
        assert [node.piece for node in bed.branch] == [b"the", b" herd"]
        assert len(bed.engines.served) == 2
        await bed.press("n")
        assert len(bed.drawn()) == 1


async def test_the_old_model_stays_while_the_new_one_loads_and_when_that_is_given_up(start):
    gate = Gate()

    class Slow(Recorded):
        def open(self, request, report):
            if request.origin.model:
                report("loading the weights", 1, 4, "files")
                gate(0)
            return super().open(request, report)

    async with start(make=Slow) as bed:
        await listed(bed)
        await bed.type("slow/model")
        await bed.pilot.press("enter")
        await bed.until(gate.waiting.is_set)
        await bed.until(lambda: "slow/model: loading the weights" in screen_text(bed.app))
        await bed.press("n", "n")
        assert len(bed.drawn()) == 2
        await bed.pilot.press("escape")
        await bed.until(lambda: not bed.explorer.engine.switching)
        gate.let(1)
        await bed.press("n")
        assert len(bed.drawn()) == 3
        assert "given up" not in bed.message  # the message is gone after the next step
        assert bed.explorer.engine.opened.model == "scripted"


async def test_a_model_that_does_not_load_leaves_everything_as_it_was(start):
    class Picky(Recorded):
        def open(self, request, report):
            if request.origin.model:
                raise ModelError("There is no such model.", "Check the name.")
            return super().open(request, report)

    async with start(make=Picky) as bed:
        await bed.press("n")
        drawn = bed.drawn()
        await listed(bed)
        await bed.type("nosuch/model")
        await bed.pilot.press("enter")
        await bed.until(lambda: "There is no such model." in bed.message)
        assert (bed.drawn(), bed.state.status) == (drawn, EngineStatus.IDLE)
        await bed.press("n")
        assert recent.models() == []


async def test_what_was_opened_is_remembered_but_not_that_it_was_trusted(start):
    async with start(origin=Origin(model="some/model", trust_remote_code=True)) as bed:
        assert recent.models() == [Origin(model="some/model")]
        await listed(bed)
        assert "some/model  used before" in screen_text(bed.app)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gpt2", Origin(model="gpt2", device="cuda")),
        ("org/name@v1.0", Origin(model="org/name", revision="v1.0", device="cuda")),
        ("gpt2@refs/pr/3", Origin(model="gpt2", revision="refs/pr/3", device="cuda")),
        ("./my@folder", Origin(model="./my@folder", device="cuda")),
        ("/home/me@host/model", Origin(model="/home/me@host/model", device="cuda")),
        (" org/name ", Origin(model="org/name", device="cuda")),
        ("", Origin(device="cuda")),
        ("/a/folder:1", Origin(model="/a/folder:1", device="cuda")),
        ("http://gpubox:8000", Origin(server="http://gpubox:8000")),
        ("https://host/v1", Origin(server="https://host/v1")),
        ("localhost:8080", Origin(server="http://localhost:8080")),
        ("[::1]:8080", Origin(server="http://[::1]:8080")),
    ],
)
def test_what_is_typed_is_an_address_or_a_name(typed, meant):
    assert named(typed, Origin(device="cuda", trust_remote_code=True, allow_pickle=True)) == meant


def test_what_a_model_needs_is_its_parameters_in_their_dtype():
    assert needed(Entry(name="x", files=99, parameters=10, dtype="bfloat16")) == 20
    assert needed(Entry(name="x", files=99)) == 99
    assert needed(Entry(name="x")) is None


def test_a_models_line_is_as_honest_as_what_is_known():
    room = Room(device="cpu", free=1 << 30, total=1 << 31)
    assert model_line(Entry(name="x"), room, 96).plain.endswith("size not known")
    assert "1 GB too large" in model_line(Entry(name="x", parameters=1 << 30, dtype="float16"), room, 96).plain
    assert model_line(Entry(name="x", files=9, lacking="pickle only"), room, 96).plain.endswith("pickle only")
    assert model_line(Entry(name="x", files=9), room, 96, opened=True).plain.endswith("open now")
    assert (size(0), size(999), size(1536), size(5 << 30)) == ("0 B", "999 B", "1.5 kB", "5 GB")


async def test_no_view_waits_until_a_large_cache_is_read(start):
    gate = Gate()

    class Full(Recorded):
        def catalog(self, request):
            gate(0)
            return super().catalog(request)

    async with start(make=Full) as bed:
        await bed.pilot.press("m")
        await bed.until(gate.waiting.is_set)
        await bed.until(lambda: "looking through the models" in screen_text(bed.app))
        await bed.pilot.press("escape")
        await bed.press("4", "n")
        gate.let(1)


async def test_an_engine_that_has_greeted_belongs_to_the_first_client_only(start):
    async with start() as bed:
        bed.app.options, bed.app._greeted = LaunchOptions(engine=["false"]), object()
        first, second = bed.app._connect_child(None), bed.app._connect_child(None)
        assert (first._starter._greeted is not None, second._starter._greeted) == (True, None)
        first._starter._greeted = None
