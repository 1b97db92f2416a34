"""Copying, saving, help, palette, themes, keys."""

import pytest
from textual import events
from textual.widgets import Input

from tests.ui.conftest import screen_text
from tui.core.presets import UNICORNS

# -- out of the program ----------------------------------------------------------------------------------


async def test_the_settings_are_copied_in_four_formats(start):
    async with start(given={"temperature": 0.7}) as bed:
        await bed.pilot.press("comma")  # where the settings are, they are the first that is offered
        copied = []
        for down in range(4):
            await bed.pilot.press("c")
            await bed.until(lambda: len(bed.app.screen_stack) == 2)
            await bed.pilot.press(*["down"] * down, "enter")
            await bed.until(lambda: len(bed.app.screen_stack) == 1)
            copied.append(bed.app.clipboard)
        assert len(set(copied)) == 4
        assert "temperature=0.7" in copied[0]
        assert all("0.7" in text for text in copied)


async def test_the_branch_is_saved_as_json_lines_and_never_over_a_file(start, tmp_path):
    import json

    async with start() as bed:
        await bed.press("n", "n")
        for _ in range(2):
            await bed.pilot.press("w")
            await bed.until(lambda: len(bed.app.screen_stack) == 2)
            await bed.pilot.press("enter")
            await bed.until(lambda: len(bed.app.screen_stack) == 1)
        lines = [json.loads(line) for line in (tmp_path / "branch.jsonl").read_text().splitlines()]
        assert [line["type"] for line in lines] == ["run", "step", "step", "end"]
        assert [line["id"] for line in lines[1:3]] == [node.token for node in bed.branch[-2:]]
        assert lines[0]["prompt"] == UNICORNS
        assert (tmp_path / "branch-2.jsonl").exists()


async def test_a_name_that_cannot_be_written_stays_to_be_mended_and_nothing_typed_is_lost(start, tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    async with start() as bed:
        bed.bench.outlets.ask_and_write("", "mine.txt", "other")
        await bed.until(lambda: len(bed.app.screen_stack) == 2)
        bed.app.screen.query_one(Input).value = "mine.txt"
        await bed.pilot.press("enter")
        await bed.until(lambda: "is there already" in screen_text(bed.app))
        assert (tmp_path / "mine.txt").read_text() == "precious"
        await bed.pilot.press("end", "2", "enter")
        await bed.until(lambda: len(bed.app.screen_stack) == 1)
        assert (tmp_path / "mine.txt2").read_text() == "other"


async def test_what_is_typed_before_a_dialog_is_there_belongs_to_it(start):
    async with start() as bed:
        await bed.pilot.press("slash")
        for key in "unicorn":
            bed.app.post_message(events.Key(key, key))
        await bed.until(lambda: bed.app.screen.query(Input) and bed.app.screen.query_one(Input).value == "unicorn")


# -- help, palette, themes -------------------------------------------------------------------------------


async def test_without_colours_the_focused_panes_title_is_bold_and_reversed(start, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with start() as bed:
        panes = bed.bench.panes
        for focused in (panes.candidates, panes.plot, panes.prompt, panes.text):
            focused.focus()
            await bed.pilot.pause()
            marked = [
                pane
                for pane in (panes.candidates, panes.plot, panes.prompt, panes.text, panes.controls)
                if pane.styles.border_title_style.reverse and pane.styles.border_title_style.bold
            ]
            assert marked == [focused]


async def test_help_lists_every_key_and_explains_the_focused_pane(start):
    from tui import keys

    async with start(size=(120, 200)) as bed:
        await bed.pilot.press("question_mark")
        await bed.until(lambda: len(bed.app.screen_stack) == 2)
        text = screen_text(bed.app)
        assert "Every token of the vocabulary, best first" in text
        assert [action.name for action in keys.ACTIONS.values() if action.name not in text] == []


async def test_every_action_is_in_the_palette_and_does_what_its_key_does(start):
    from tui import keys
    from tui.palette import Actions

    async with start() as bed:
        provider = Actions(bed.bench)
        titles = [hit.display async for hit in provider.discover()]
        missing = [a.id for a in keys.ACTIONS.values() if f"{a.group}: {a.name}" not in titles and a.id != "palette"]
        assert missing == []
        await bed.pilot.press("colon")
        await bed.type("next seed")
        await bed.until(lambda: "Step: next seed" in screen_text(bed.app))
        await bed.pilot.press("enter")
        await bed.until(lambda: bed.state.seed == 43)


async def test_the_palette_finds_every_action_first_by_its_own_name_and_title(start):
    from tui import keys
    from tui.palette import Actions

    async with start() as bed:
        provider = Actions(bed.bench)
        for action in keys.ACTIONS.values():
            title = f"{action.group}: {action.name}"
            for query in (action.name, title) if action.id != "palette" else ():
                hits = [hit async for hit in provider.search(query)]
                assert str(max(hits, key=lambda hit: hit.score).match_display) == title, query


async def test_an_action_of_the_palette_is_done_from_the_prompt_editor_too(start):
    async with start() as bed:
        await bed.pilot.press("e")
        await bed.pilot.press("ctrl+p")
        await bed.until(lambda: len(bed.app.screen_stack) == 2)
        await bed.type("next seed")
        await bed.until(lambda: "Step: next seed" in screen_text(bed.app))
        await bed.pilot.press("enter")
        await bed.until(lambda: bed.state.seed == 43)


async def test_enter_takes_a_token_in_the_list_only(start):
    async with start() as bed:
        await bed.pilot.press("comma", "right", "enter")
        await bed.press("tab")
        assert bed.drawn() == [] and not bed.engine.steps
        bed.bench.panes.candidates.focus()
        await bed.press("enter")
        assert len(bed.drawn()) == 1


async def test_every_action_of_the_table_has_a_handler(start):
    from tui import keys

    async with start() as bed:
        for action in keys.ACTIONS.values():
            if action.call:
                assert hasattr(bed.app, f"action_{action.call.removeprefix('app.')}"), action.id
            else:
                assert callable(bed.bench._commands[action.id])


async def test_the_person_s_keymap_is_used_and_what_is_wrong_in_it_is_said(start):
    from tui.config import Config

    async with start(config=Config(keymap={"step": "f5", "nonsense": "z"})) as bed:
        assert any("nonsense" in problem for problem in bed.app.problems)
        await bed.press("f5")
        assert len(bed.drawn()) == 1


async def test_themes_go_round(start):
    async with start() as bed:
        seen = [bed.app.theme]
        for _ in range(3):
            await bed.pilot.press("t")
            seen.append(bed.app.theme)
        assert seen[0] == seen[3]
        assert len(set(seen)) == 3


async def test_quit(start):
    async with start() as bed:
        await bed.pilot.press("q")
        await bed.pilot.pause()
        assert not bed.app.is_running


async def test_what_is_typed_right_after_the_key_that_opens_a_line_is_typed_there(start):
    async with start() as bed:
        keys = ["slash", *"unicorn", *["backspace"] * 7, *"old"]
        for key in keys:
            bed.app.post_message(events.Key(key, "/" if key == "slash" else key if len(key) == 1 else None))
        await bed.until(lambda: bed.app.screen.query("Input"))
        await bed.until(lambda: bed.app.screen.query_one(Input).value == "old")
        assert bed.drawn() == []


# -- copying what is on screen -----------------------------------------------------------------------------------


async def test_a_drag_over_the_text_selects_it_and_ctrl_c_copies_it_and_ends_nothing(start):
    async with start() as bed:
        await bed.press("n", "n")
        text, cursor = bed.bench.panes.text, bed.state.cursor
        await bed.pilot.mouse_down(text, offset=(2, 1))
        await bed.pilot.hover(text, offset=(12, 2))
        await bed.pilot.mouse_up(text, offset=(12, 2))
        await bed.pilot.pause()
        await bed.pilot.press("ctrl+c")
        await bed.pilot.pause()
        whole = "".join(node.piece.decode() for node in bed.branch)
        assert bed.app.clipboard and bed.app.clipboard.strip("\n") in whole
        assert bed.app.clipboard.startswith("In a shocking finding, scientist discovered"[:20])
        assert "the selection" in bed.message
        assert bed.state.cursor == cursor
        assert bed.bench.get_selected_text() is None


@pytest.mark.parametrize(
    ("pane", "copied"),
    [
        ("text", "unicorns spoke perfect English."),
        ("candidates", "rank\ttoken"),
        ("plot", "1.00┤"),
        ("top_k", "torch.manual"),
    ],
)
async def test_what_the_focused_pane_shows_is_copied_by_a_key(start, pane, copied):
    async with start() as bed:
        bed.bench.query_one(f"#{pane}").focus()
        await bed.pilot.press("y")
        assert copied in bed.app.clipboard
        assert "Sent to the terminal's clipboard" in bed.message


async def test_the_copied_row_has_full_numbers_and_the_text_every_byte(start):
    async with start() as bed:
        await bed.pilot.press("y")
        head, row = (line.split("\t") for line in bed.app.clipboard.splitlines())
        cells, best = dict(zip(head, row, strict=True)), bed.viewed.candidates[0]
        assert (float(cells["raw"]), float(cells["final"]), int(cells["id"])) == (best.raw, best.final, best.token)
        assert bytes.fromhex(cells["bytes"]) == best.piece
