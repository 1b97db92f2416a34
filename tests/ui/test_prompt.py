"""The prompt editor: writing, pasting, submitting, and text that would harm a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events

from tests.ui.bare import alone, lines
from tui.widgets.prompt import PLACEHOLDER, PromptEditor, visible

HOSTILE = "a\x1b[31mb\x9b\u202ec\x00\ud800\ue000\u200bd"


def heard(pilot, kind):
    return [message.text for message in pilot.app.heard if isinstance(message, kind)]


async def test_enter_begins_a_line_and_f2_submits_the_whole():
    editor = PromptEditor()
    async with alone(editor) as pilot:
        editor.focus()
        await pilot.press("a", "enter", "b", "f2")
        assert heard(pilot, PromptEditor.Submitted) == ["a\nb"]


async def test_edits_are_told_and_of_many_waiting_only_the_last():
    editor = PromptEditor("x")
    async with alone(editor) as pilot:
        await pilot.pause()
        pilot.app.heard.clear()
        for char in "unicorns":
            editor.insert(char)
        await pilot.pause()
        told = heard(pilot, PromptEditor.Edited)
        assert told[-1] == editor.text == "xunicorns"
        assert PromptEditor.Edited("a").can_replace(PromptEditor.Edited("b"))


async def test_a_paste_of_several_lines_goes_in_as_it_is_and_comes_out_with_one_undo():
    editor = PromptEditor()
    async with alone(editor) as pilot:
        editor.focus()
        await pilot.pause()
        pilot.app.post_message(events.Paste("one\ntwo [/b]\n"))
        await pilot.pause()
        assert editor.text == "one\ntwo [/b]\n"
        await pilot.press("ctrl+z")
        assert editor.text == ""
        await pilot.press("ctrl+y")
        assert editor.text == "one\ntwo [/b]\n"


async def test_hostile_text_is_submitted_untouched_and_drawn_harmless():
    editor = PromptEditor()
    async with alone(editor) as pilot:
        editor.focus()
        await pilot.pause()
        pilot.app.post_message(events.Paste(HOSTILE))
        await pilot.pause()
        await pilot.press("f2")
        assert heard(pilot, PromptEditor.Submitted) == [HOSTILE]
        screen = "".join(lines(pilot.app))
        assert "a␛[31mb��c␀���d" in screen
        assert screen.isprintable()


LINE_ENDS = ["a\r\nb\nc\r", "page\x0c", "x\x85y\u2028z\u2029", "\x0b\x1c\x1d\x1e", "\n\n", ""]


@pytest.mark.parametrize("text", LINE_ENDS)
async def test_other_line_ends_are_neither_changed_nor_lost(text):
    editor = PromptEditor(text)
    pasted = PromptEditor()
    async with alone(editor, pasted) as pilot:
        pasted.focus()
        await pilot.pause()
        pilot.app.post_message(events.Paste(text))
        await pilot.pause()
        assert editor.text == pasted.text == text
        await pilot.press("x", "backspace", "f2")
        assert heard(pilot, PromptEditor.Submitted) == [text]
        editor.text = text * 2
        assert editor.text == text * 2
        assert "".join(lines(pilot.app)).isprintable()


@given(st.text())
def test_what_is_drawn_has_a_printable_character_for_each_one_of_the_text(text):
    line = text.replace("\t", " ")
    assert len(visible(line)) == len(line)
    assert all(char.isprintable() for char in visible(line))


async def test_the_border_counts_tokens_and_says_what_the_model_has_not_read_yet():
    editor = PromptEditor("In a shocking finding")
    async with alone(editor) as pilot:
        editor.count = 4
        await pilot.pause()
        assert lines(pilot.app)[editor.region.bottom - 1].endswith("─ 4 tokens ─╯")
        editor.focus()
        await pilot.press("x")
        assert "edited · F2 submits · … tokens" in lines(pilot.app)[editor.region.bottom - 1]
        editor.count = 1
        await pilot.press("f2")
        assert lines(pilot.app)[editor.region.bottom - 1].endswith("─ 1 token ─╯")
        editor.count, editor.context = 1475, 1024
        await pilot.pause()
        assert lines(pilot.app)[editor.region.bottom - 1].endswith("─ 1,475 of 1,024 tokens ─╯")


async def test_an_empty_editor_says_what_to_do():
    async with alone(PromptEditor()) as pilot:
        assert any(PLACEHOLDER in line for line in lines(pilot.app))


@pytest.mark.parametrize("key", ["tab", "shift+tab"])
async def test_tab_leaves_the_editor(key):
    editor, other = PromptEditor(), PromptEditor()
    async with alone(editor, other) as pilot:
        editor.focus()
        await pilot.press(key)
        assert pilot.app.focused is other
        assert editor.text == ""
