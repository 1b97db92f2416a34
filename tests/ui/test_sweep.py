"""The trade-off on the screen: its form, its course, its plot and table, its texts, and what comes into force."""

import json
import math
import re
from itertools import pairwise

import msgspec
import pytest
from textual.geometry import Size
from textual.widgets import Input, OptionList, Static, TextArea

from tests.scripted import HOSTILE, Gate
from tests.ui.conftest import SMALL, WIDE, Recorded, screen_text
from tests.ui.test_workbench_picture import compare
from tui.core.grid import Measured
from tui.explorer.status import EngineStatus
from tui.explorer.sweep_run import Phase
from tui.screens.sweep import DIVERSITY, SweepScreen
from tui.screens.sweep_form import SweepForm
from tui.screens.sweep_texts import SweepTexts
from tui.widgets.plots.axes import ACROSS, DOWN
from tui.widgets.plots.frame import LEFT, canvas_rows
from tui.widgets.plots.scatter import CHOSEN, MARK, Point, Scatter
from tui.widgets.scatter_pane import ScatterPane
from tui.widgets.sweep_table import HEADINGS, SORTS

SIZES = [WIDE, SMALL]
GRID = "temperature=0.5,1,2"


@pytest.fixture(autouse=True)
def no_sacrebleu(monkeypatch):
    """self-BLEU is not known, whether or not the extra is installed here."""
    monkeypatch.setattr("tui.experiments.measures.available", lambda: False)


async def formed(bed):
    """The form, opened."""
    await bed.pilot.press("T")
    await bed.until(lambda: isinstance(bed.app.screen, SweepForm))
    return bed.app.screen


def fill(form, grid=GRID, samples="3", length="4", seed="42"):
    form.query_one(TextArea).text = grid
    for name, value in (("samples", samples), ("length", length), ("seed", seed)):
        form.query_one(f"#{name}", Input).value = value


async def begun(bed, **fields):
    """A sweep under way on its screen."""
    fill(await formed(bed), **fields)
    await bed.pilot.press("f2")
    await bed.until(lambda: isinstance(bed.app.screen, SweepScreen))
    return bed.app.screen


async def measured(bed, **fields):
    """A sweep that is done on its screen."""
    screen = await begun(bed, **fields)
    await bed.until(lambda: screen._run.phase is Phase.DONE)
    return screen


def rows(screen):
    """The lines of the table, cell by cell."""
    options = screen.query_one("#sweep-rows", OptionList)
    return [options.get_option_at_index(at).prompt.plain.split() for at in range(options.option_count)]


def state(screen):
    return screen.query_one("#sweep-state", Static).content.plain


def gated(**more):
    """A gate, and how to make an engine that waits there; the prompt passes."""
    gate = Gate(permits=1)
    return gate, lambda: Recorded(before_forward=gate, **more)


# -- the form ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_the_form_says_how_much_it_is_and_after_which_prompt(start, size):
    async with start(size=size) as bed:
        form = await formed(bed)
        fill(form, "temperature=0.5,1\ntop_p = 0.8, 0.9, off", "6", "8")
        await bed.pilot.pause()
        text = " ".join(screen_text(bed.app).split())
        assert "6 settings × 6 continuations × 8 tokens = 288 tokens to draw." in text
        assert "perfect English.↵↵↵” (44 tokens)" in text


WRONG = {
    "no values": ({"grid": "temperature"}, "'temperature' has no values"),
    "no parameter": ({"grid": "warmth=1"}, "There is no parameter 'warmth'"),
    "no number": ({"grid": "temperature=hot"}, "'hot' is no number"),
    "out of range": ({"grid": "top_p=2"}, "Top-p must be"),
    "twice": ({"grid": "temperature=1,1"}, "temperature=1.0 twice"),
    "a parameter twice": ({"grid": "top_p=0.5\ntop_p=0.9"}, "names top_p twice"),
    "too many": ({"grid": "top_k=" + ",".join(map(str, range(10_001)))}, "10,001 settings; 10,000 at most"),
    "no continuations": ({"samples": "0"}, "Continuations: at least 1, not 0"),
    "no count": ({"length": "many"}, "Tokens each: 'many' is no whole number"),
    "no length": ({"length": "0"}, "Tokens each: at least 1"),
    "no seed": ({"seed": ""}, "Seed: '' is no whole number"),
    "a huge seed": ({"seed": str(2**64 - 1)}, "Seed must be"),
    "hostile": ({"grid": "[@click=app.exit(3)]=\x1b[2J"}, "There is no parameter '[@click"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_what_is_no_sweep_is_said_in_one_line_and_not_started(start, name):
    fields, said = WRONG[name]
    async with start(size=SMALL) as bed:
        form = await formed(bed)
        fill(form, **fields)
        await bed.pilot.press("f2")
        await bed.pilot.pause()
        plan = form.query_one("#plan", Static)
        assert bed.app.screen is form and plan.has_class("wrong")
        assert said in plan.content.plain and "--" not in plan.content.plain and plan.content.plain.isprintable()
        fill(form)
        await bed.pilot.pause()
        assert not plan.has_class("wrong")


async def test_greedy_says_that_temperatures_would_all_be_the_same(start):
    async with start(given={"do_sample": False}) as bed:
        form = await formed(bed)
        assert "all settings would be the same" in form.query_one("#plan", Static).content.plain


async def test_leaving_the_form_starts_nothing(start):
    async with start() as bed:
        await formed(bed)
        await bed.pilot.press("escape")
        await bed.until(lambda: bed.app.screen is bed.bench)
        assert bed.bench.sweeps.sweeping.run is None


# -- its course --------------------------------------------------------------------------------------------------------


async def test_each_setting_appears_as_soon_as_it_is_measured(start):
    gate, make = gated()
    async with start(make=make) as bed:
        screen = await begun(bed)
        await bed.until(gate.waiting.is_set)
        assert rows(screen) == [] and "point here as soon as" in screen_text(bed.app)
        gate.let(5)
        await bed.until(lambda: "setting 1: 5 of 12 tokens" in state(screen))
        assert "running · 0 of 3 settings × 3 continuations × 4 tokens" in state(screen)
        assert re.search(r"tokens/s · \d.* left", state(screen))
        gate.let(7)
        await bed.until(lambda: len(rows(screen)) == 1)
        assert CHOSEN + "1" in screen_text(bed.app) and "running · 1 of 3" in state(screen)
        gate.let(24)
        await bed.until(lambda: screen._run.phase is Phase.DONE)
        assert len(rows(screen)) == 3 and "seeds 42 to 44" in state(screen)


async def test_it_is_paused_and_goes_on_with_what_is_not_measured_yet(start):
    gate, make = gated()
    async with start(make=make) as bed:
        screen = await begun(bed)
        gate.let(14)
        await bed.until(lambda: len(rows(screen)) == 1)
        await bed.pilot.press("p")
        assert state(screen).startswith("pausing · 1 of 3")
        gate.let(1)
        await bed.until(lambda: state(screen).startswith("paused · 1 of 3"))
        forwards = bed.engine.forwards
        await bed.pilot.press("p")
        gate.let(24)
        await bed.until(lambda: screen._run.phase is Phase.DONE)
        assert [row.number for row in screen._run.rows] == [0, 1, 2]
        assert bed.engine.forwards == forwards + 24  # the first setting is not measured again


async def test_pausing_and_going_on_at_once_loses_nothing(start):
    gate, make = gated()
    async with start(make=make) as bed:
        screen = await begun(bed)
        await bed.until(gate.waiting.is_set)
        await bed.pilot.press("p", "p", "p", "p")
        gate.let(100)
        await bed.until(lambda: screen._run.phase is Phase.DONE)
        assert [row.number for row in screen._run.rows] == [0, 1, 2]


async def test_given_up_it_measures_no_more_and_keeps_what_it_has(start):
    gate, make = gated()
    async with start(make=make) as bed:
        screen = await begun(bed)
        gate.let(14)
        await bed.until(lambda: len(rows(screen)) == 1)
        await bed.pilot.press("x")
        gate.let(100)
        await bed.until(lambda: not screen._run.asked)
        assert state(screen).startswith("given up · 1 of 3") and len(rows(screen)) == 1


async def test_closed_it_goes_on_in_the_background_and_the_status_line_says_so(start):
    gate, make = gated()
    async with start(make=make) as bed:
        await begun(bed)
        gate.let(14)
        await bed.until(lambda: len(bed.bench.sweeps.sweeping.run.rows) == 1)
        await bed.pilot.press("escape")
        await bed.until(lambda: bed.app.screen is bed.bench)
        assert "trade-off: 1 of 3" in screen_text(bed.app)
        gate.let(100)
        await bed.until(lambda: bed.bench.sweeps.sweeping.run.phase is Phase.DONE)
        assert bed.message == "The trade-off is measured: T shows it." and "trade-off: " not in screen_text(bed.app)
        await bed.pilot.press("T")
        await bed.until(lambda: isinstance(bed.app.screen, SweepScreen))
        assert len(rows(bed.app.screen)) == 3


async def test_a_step_goes_first_and_the_sweep_goes_on_behind_it(start):
    gate, make = gated()
    async with start(make=make) as bed:
        await begun(bed)
        gate.let(14)
        await bed.until(lambda: len(bed.bench.sweeps.sweeping.run.rows) == 1)
        await bed.pilot.press("escape", "n")
        gate.let(1)  # the forward under way
        await bed.until(lambda: len(bed.drawn()) == 1 and bed.state.status is EngineStatus.IDLE)
        assert len(bed.bench.sweeps.sweeping.run.rows) == 1
        gate.let(100)
        await bed.until(lambda: bed.bench.sweeps.sweeping.run.phase is Phase.DONE)
        assert [row.number for row in bed.bench.sweeps.sweeping.run.rows] == [0, 1, 2]


async def test_the_stop_key_pauses_it(start):
    gate, make = gated()
    async with start(make=make) as bed:
        await begun(bed)
        await bed.until(gate.waiting.is_set)
        await bed.pilot.press("escape", "escape")
        await bed.pilot.pause()
        assert bed.message == "The trade-off is paused: T shows it, and goes on."
        gate.let(100)
        await bed.until(lambda: not bed.bench.sweeps.sweeping.run.asked)
        assert bed.bench.sweeps.sweeping.run.phase is Phase.PAUSED


async def test_when_the_engine_dies_what_is_measured_stays_and_the_rest_can_be_measured(start):
    def dies(forwards):
        if forwards == 16:
            raise SystemExit

    async with start(make=lambda: Recorded(before_forward=dies)) as bed:
        screen = await begun(bed)
        await bed.until(lambda: screen._run.phase is Phase.PAUSED)
        assert len(rows(screen)) == 1 and screen._run.why in screen_text(bed.app)
        await bed.until(lambda: bed.explorer.ready)
        bed.engine.before_forward = None
        await bed.pilot.press("p")
        await bed.until(lambda: screen._run.phase is Phase.DONE)
        assert [row.number for row in screen._run.rows] == [0, 1, 2]


async def test_each_prompt_has_a_sweep_of_its_own(start):
    async with start() as bed:
        await measured(bed)
        await bed.pilot.press("escape")
        first = bed.bench.sweeps.sweeping.run
        bed.submit("The herd studied")
        await bed.shown()
        assert bed.bench.sweeps.sweeping.run is None
        await measured(bed, grid="top_k=1,5")
        await bed.pilot.press("escape")
        await bed.press("a")
        assert bed.bench.sweeps.sweeping.run is first and len(first.rows) == 3


LIES = {
    "nothing": {},
    "another setting": {"number": 2},
    "a share of two": {"distinct_2": 2.0},
    "an infinite mean": {"mean_logprob": -math.inf},
    "a text as a number": {"distinct_2": "much"},
    "too many texts": {"texts": ["x"] * 99},
    "no settings": {"settings": {}},
}


class Liar(Recorded):
    """Sends measures that cannot be."""

    lie: dict = {}  # noqa: RUF012

    def job(self, request, report, tell=lambda part: None):
        return super().job(request, report, lambda part: tell(part | self.lie if self.lie else {}))


@pytest.mark.parametrize("name", LIES)
async def test_measures_that_cannot_be_are_told_and_break_nothing(start, name):
    def make():
        engine = Liar()
        engine.lie = LIES[name]
        return engine

    async with start(make=make) as bed:
        screen = await begun(bed)
        await bed.until(lambda: screen._run.why)
        assert "The engine sent" in state(screen) and rows(screen) == []
        await bed.pilot.press("y", "s", "r", "enter", "escape")
        await bed.until(lambda: bed.app.screen is bed.bench)


# -- the plot and the table --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_the_table_has_the_numbers_of_every_setting(start, size):
    async with start(size=size) as bed:
        screen = await measured(bed)
        for row, cells in zip(screen._run.rows, rows(screen), strict=True):
            assert cells[0] == str(row.number + 1)
            assert cells[1] == f"{row.settings['temperature'].value:.2f}"
            assert cells[2] == f"{row.mean_logprob:.3f}"
            assert f"{row.distinct_2:.3f}" in cells


@pytest.mark.parametrize("size", SIZES)
async def test_it_is_sorted_by_every_column_in_both_directions(start, size):
    async with start(size=size) as bed:
        screen = await measured(bed, grid="temperature=2,0.5,1")
        for name in (*SORTS[1:], SORTS[0]):
            await bed.pilot.press("s")
            for way in (1, -1):
                values = [getattr(screen._run.rows[int(cells[0]) - 1], name) for cells in rows(screen)]
                known = [way * value for value in values if not math.isnan(value)]
                assert known == sorted(known), name
                heading = screen.query_one("#sweep-head", Static).content.plain
                assert ("↑" if way == 1 else "↓") in heading
                await bed.pilot.press("r")


async def test_the_chosen_setting_stays_chosen_when_the_order_changes(start):
    async with start() as bed:
        screen = await measured(bed)
        await bed.pilot.press("down", "down")
        assert f"{CHOSEN}3" in screen_text(bed.app)
        await bed.pilot.press("r")
        assert f"{CHOSEN}3" in screen_text(bed.app)
        assert screen.query_one("#sweep-rows", OptionList).highlighted == 0


async def test_each_measure_of_diversity_is_on_the_axis_in_turn(start):
    async with start() as bed:
        screen = await measured(bed)
        for name in (*DIVERSITY[1:], DIVERSITY[0]):
            await bed.pilot.press("y")
            assert f"diversity: {HEADINGS[name].long}" in screen_text(bed.app) or name == "self_bleu_4"
            scatter = screen.query_one(ScatterPane).scatter
            assert [point.y for point in scatter.points] == pytest.approx(
                [getattr(row, name) for row in screen._run.rows], nan_ok=True
            )
        await bed.pilot.press("y", "y", "y")
        assert "self-BLEU-4 is not known of any setting." in screen_text(bed.app)


@pytest.mark.parametrize("size", SIZES)
async def test_a_point_lies_where_the_ticks_say_that_its_numbers_are(start, size):
    async with start(size=size) as bed:
        screen = await measured(bed)
        pane = screen.query_one(ScatterPane)
        lines = ["".join(run for _, run in line) for line in pane.scatter.draw(pane.size)]
        ticks = ticks_of(lines)
        for row in screen._run.rows:
            ((column, line),) = [
                (line.index(f"{mark}{row.number + 1}"), at)
                for at, line in enumerate(lines)
                for mark in (MARK, CHOSEN)
                if f"{mark}{row.number + 1}" in line
            ]
            assert column == pytest.approx(ticks.column(row.mean_logprob), abs=1.0)
            assert line == pytest.approx(ticks.line(row.distinct_2), abs=1.0)


class ticks_of:  # noqa: N801
    """Where numbers lie by the labels of a drawn plot, read from its lines alone."""

    def __init__(self, lines):
        axis = lines[-2]
        marks = [at for at, sign in enumerate(axis) if sign == "┬"]
        labels = [(found.start(), found.end(), float(found[0])) for found in re.finditer(r"-?[\d.]+", lines[-1])]
        self.x = [(min(marks, key=lambda m: abs(m - (a + b - 1) / 2)), value) for a, b, value in labels]
        self.y = [(at, float(line[: LEFT - 1])) for at, line in enumerate(lines[1:], 1) if line[LEFT - 1] == "┤"]

    @staticmethod
    def _at(pairs, value):
        (a, low), (b, high) = pairs[0], pairs[-1]
        return a + (b - a) * (value - low) / (high - low)

    def column(self, value):
        return self._at(self.x, value)

    def line(self, value):
        return self._at(self.y, value)


@pytest.mark.parametrize("size", [Size(114, 30), Size(74, 10), Size(30, 6)])
def test_points_ticks_and_axes_agree_for_any_numbers(size):
    for points in (
        [(-9.6, 0.98), (-4.2, 0.9), (-2.0, 0.49), (-1.8, 0.38)],
        [(-1.0, 0.0)],
        [(-1e6, 64.0), (0.0, 1e-9)],
        [(-3.00001, 0.98012), (-3.00002, 0.98013)],
        [(0.0, 0.0), (0.0, 1.0)],
        [(-3.0, 0.5), (-3.0, 0.5)],
    ):
        scatter = Scatter(tuple(Point(number, *point) for number, point in enumerate(points, 1)), ("x",), "y", 1)
        across, up = scatter.axes(size)
        lines = scatter.draw(size, "chosen")
        assert [sum(len(text) for _, text in line) for line in lines] == [size.width] * size.height
        for (column, row), numbers in scatter.cells(size).items():
            for number in numbers:
                assert column == math.floor(across.dot(points[number - 1][0]) / ACROSS + 0.25)
                assert row == math.floor(up.dot(points[number - 1][1]) / DOWN + 0.125)
        assert all(a.cell < b.cell for a, b in pairwise(up.ticks()))


def test_what_is_not_finite_is_not_drawn():
    scatter = Scatter((Point(1, math.nan, 1.0), Point(2, -1.0, math.inf), Point(3, -1.0, 0.5)), ("x",), "y")
    assert [point.number for point in scatter.drawn] == [3]


def test_points_in_one_cell_share_it_and_their_label():
    size = Size(60, 12)
    scatter = Scatter((Point(1, -1.0, 0.5), Point(2, -1.0, 0.5), Point(3, -2.0, 0.9)), ("x",), "y")
    text = "\n".join("".join(run for _, run in line) for line in scatter.draw(size))
    assert f"{MARK}1,2" in text or f"1,2{MARK}" in text


@pytest.mark.parametrize("size", SIZES)
async def test_a_click_on_a_point_chooses_it(start, size):
    async with start(size=size) as bed:
        screen = await measured(bed)
        pane = screen.query_one(ScatterPane)
        ((column, row),) = [cell for cell, numbers in pane.scatter.cells(pane.size).items() if 3 in numbers]
        await bed.pilot.click(pane, offset=(LEFT + column, canvas_rows(pane.size.height) - row))
        assert f"{CHOSEN}3" in screen_text(bed.app)
        assert screen.query_one("#sweep-rows", OptionList).highlighted == 2


# -- the texts, and what comes into force ------------------------------------------------------------------------------


async def texts_of(bed, *keys):
    await bed.pilot.press(*keys, "enter")
    await bed.until(lambda: isinstance(bed.app.screen, SweepTexts))
    return bed.app.screen


@pytest.mark.parametrize("size", SIZES)
async def test_a_row_opens_its_texts_each_with_its_seed(start, size):
    async with start(size=size) as bed:
        screen = await measured(bed, samples="5", seed="7")
        texts = await texts_of(bed, "down")
        options = texts.query_one(OptionList)
        shown = [options.get_option_at_index(at).prompt.plain for at in range(options.option_count)]
        row = screen._run.rows[1]
        assert [line.split()[1] for line in shown] == ["7", "8", "9", "10", "11"]
        assert [line.split("  ", 1)[1] for line in shown] == [text.replace("\n", "↵") for text in row.texts]
        assert "5 continuations · 2: temperature 1.00" in screen_text(bed.app)


@pytest.mark.parametrize("size", SIZES)
async def test_a_text_s_settings_and_seed_come_into_force_and_a_run_draws_it_again(start, size):
    async with start(size=size, given={"top_k": 0}) as bed:
        await bed.press("n", "n")
        screen = await measured(bed, seed="7")
        await texts_of(bed, "down", "down")
        await bed.pilot.press("down", "enter")
        await bed.until(lambda: bed.app.screen is bed.bench)
        await bed.shown()
        assert bed.state.given == {"top_k": 0, "temperature": 2.0, "max_new_tokens": 4}
        assert bed.state.seed == 8 and "seed 8: r draws this text here." in bed.message
        await bed.press("r")
        await bed.until(lambda: len(bed.drawn()) == 4 and bed.state.status is EngineStatus.IDLE)
        assert b"".join(bed.drawn()).decode(errors="replace") == screen._run.rows[2].texts[1]
        await bed.press("z", "z")
        assert bed.state.given == {"top_k": 0} and bed.state.seed == 42


async def test_hostile_tokens_stay_text(start):
    async with start(make=lambda: Recorded(vocabulary=HOSTILE), given={"top_k": 0}) as bed:
        await measured(bed, grid="temperature=5", samples="20", length="12")
        await texts_of(bed)
        text = screen_text(bed.app)
        assert "[/INST]" in text or "[bold red]x" in text
        assert not any((ord(char) < 32 and char != "\n") or 0x7F <= ord(char) < 0xA0 for char in text)
        assert len(text.splitlines()) == WIDE[1]
        await bed.pilot.press("end", "home", "enter")
        await bed.until(lambda: bed.app.screen is bed.bench)


# -- files, and another grid -------------------------------------------------------------------------------------------


async def test_the_table_is_written_as_the_command_writes_it(start, tmp_path):
    async with start() as bed:
        screen = await measured(bed)
        for name, downs in (("sweep.jsonl", 0), ("sweep.csv", 1), ("sweep-texts.jsonl", 2)):
            await bed.pilot.press("w", *["down"] * downs, "w")
            await bed.until(lambda: screen_text(bed.app).count("Save as"))
            await bed.pilot.press("enter")
            await bed.until(lambda name=name: (tmp_path / name).exists())
            await bed.pilot.press("escape")
            await bed.until(lambda: bed.app.screen is screen)
            await bed.until(lambda: "Written: " in screen_text(bed.app))
        plain = [json.loads(line) for line in (tmp_path / "sweep.jsonl").read_text(encoding="utf-8").splitlines()]
        wanted = [row.record(texts=False) for row in screen._run.rows]
        assert plain == json.loads(msgspec.json.encode(wanted))
        texts = [json.loads(line) for line in (tmp_path / "sweep-texts.jsonl").read_text(encoding="utf-8").splitlines()]
        assert [line["texts"] for line in texts] == [row.texts for row in screen._run.rows]
        head, *lines = (tmp_path / "sweep.csv").read_text(encoding="utf-8").splitlines()
        assert head.split(",")[-12:-3] == list(HEADINGS) and len(lines) == 3


async def test_before_anything_is_measured_there_is_nothing_to_write(start):
    gate, make = gated()
    async with start(make=make) as bed:
        screen = await begun(bed)
        await bed.pilot.press("w", "enter")
        assert bed.app.screen is screen and "nothing to write" in screen_text(bed.app)
        gate.let(100)


async def test_another_grid_is_written_and_leaving_it_keeps_the_measures(start):
    async with start() as bed:
        await measured(bed)
        await bed.pilot.press("e")
        await bed.until(lambda: isinstance(bed.app.screen, SweepForm))
        form = bed.app.screen
        assert form.draft.grid == GRID and "The measures before go." in form.query_one("#plan", Static).content.plain
        await bed.pilot.press("escape")
        await bed.until(lambda: isinstance(bed.app.screen, SweepScreen))
        assert len(rows(bed.app.screen)) == 3
        await bed.pilot.press("e")
        await bed.until(lambda: isinstance(bed.app.screen, SweepForm))
        fill(bed.app.screen, "top_k=1,5\ntop_p=0.5,0.9")
        await bed.pilot.press("f2")
        await bed.until(lambda: isinstance(bed.app.screen, SweepScreen) and len(rows(bed.app.screen)) == 4)
        assert rows(bed.app.screen)[1][:3] == ["2", "1", "0.90"]


def test_every_measure_has_a_heading():
    fields = {field.name for field in msgspec.structs.fields(Measured)}
    assert set(HEADINGS) < fields and set(DIVERSITY) < set(HEADINGS)


async def form_shown(bed):
    await formed(bed)


async def sweep_shown(bed):
    await measured(bed, grid="temperature=0.5,0.7,1,1.5,2", samples="6", length="8")
    await bed.pilot.press("down", "down")


async def texts_shown(bed):
    await sweep_shown(bed)
    await texts_of(bed)


PICTURES = {"sweep-form": form_shown, "sweep": sweep_shown, "sweep-texts": texts_shown}


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("size", SIZES)
async def test_picture(start, size, name):
    await compare(start, size, name, (), after=PICTURES[name])


async def test_the_numbers_of_the_form_are_there_after_any_other_dialog(start):
    async with start() as bed:
        await bed.pilot.press("#")  # which loads the rules of the other dialogs
        await bed.until(lambda: len(bed.app.screen_stack) == 2)
        await bed.pilot.press("escape")
        await bed.until(lambda: bed.app.screen is bed.bench)
        await bed.pilot.press("T")
        await bed.until(lambda: "tokens each 64" in screen_text(bed.app))
        assert "continuations 32" in screen_text(bed.app) and "first seed 42" in screen_text(bed.app)
