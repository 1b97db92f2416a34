"""The table of all actions of the workbench: keys, names, sentences and groups.

The bindings, the help screen, the command palette, the README's table and the check of a person's keymap are all made
from this table.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass

_KEY = re.compile(r"(?:(?:ctrl|shift|alt|super)\+)*(?:[a-z0-9_]+|\S)", re.IGNORECASE)
_RESERVED = ("ctrl+c", "ctrl+q")
"""Lead out, whatever a keymap says: a person must not be locked in by a typing error."""
_LONGEST = 100
"""Characters that an action's keys may have."""
_ACTION_ID = re.compile(r"\{(\w+)\}")
_SHOWN = {
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "enter": "⏎",
    "escape": "esc",
    "slash": "/",
    "question_mark": "?",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "colon": ":",
    "comma": ",",
    "plus": "+",
    "number_sign": "#",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "right_curly_bracket": "}",
    "full_stop": ".",
    "semicolon": ";",
    "left_parenthesis": "(",
    "right_parenthesis": ")",
}


@dataclass(frozen=True, slots=True)
class Action:
    """Something a person can do, by key or from the palette."""

    id: str
    keys: str
    """Default keys, comma-separated, by Textual's names."""
    name: str
    """Two or three words, for the key line and the palette."""
    tooltip: str
    """One sentence on what it does."""
    group: str
    call: str = ""
    """The Textual action, for an action that the app itself handles; '' for the workbench's commands."""

    @property
    def action(self) -> str:
        """The Textual action string that runs this action."""
        return self.call or f"do({self.id!r})"


STEP, LOOK, SET, KEEP, PROGRAM = "Step", "Look", "Settings", "Text and files", "Program"
GROUPS = (STEP, LOOK, SET, KEEP, PROGRAM)

_TABLE = (
    Action("step", "n", "step", "Draw the next token at the cursor and move on.", STEP),
    Action("run", "r", "run", "Draw token after token until a stop; again to pause.", STEP),
    Action("back", "left,h", "back", "One token back along the branch, into the prompt too.", STEP),
    Action("forward", "right,l", "forward", "One token forward along the branch; nothing is computed.", STEP),
    Action("take", "enter", "take", "Take the highlighted candidate, kept or removed.", STEP),
    Action("next_seed", "s", "next seed", "Use the next seed: the token it draws here shows at once.", STEP),
    Action("redraw", "S", "redraw", "Draw the last token again with the next seed; the old branch stays.", STEP),
    Action("undo", "z", "undo", "Take back the last change of settings, seed or branch; no token is lost.", STEP),
    Action("redo", "Z", "redo", "Do again what was undone.", STEP),
    Action("branch", "a", "next branch", "Go to the next branch of the story; the cursor stays at the fork.", STEP),
    Action("branches", "A", "all branches", "List the branches, with the settings each was drawn under.", STEP),
    Action("start", "less_than_sign", "to the start", "Put the cursor after the prompt.", STEP),
    Action("end", "greater_than_sign", "to the end", "Put the cursor after the branch's last token.", STEP),
    Action("jump", "number_sign", "jump", "Go to a token by its number (or click on it).", STEP),
    Action("stop", "escape", "stop", "Stop what is under way: a run, a long prompt; leave the prompt editor.", STEP),
    Action(
        "find",
        "slash",
        "find",
        "Find a token by its text or by #id: its rank, its numbers, what removes it.",
        LOOK,
    ),
    Action("draws", "d", "draw 1,000", "Draw 1,000 times here and count; once more hides the counts.", LOOK),
    Action("steps", "L", "list of steps", "Every token with rank, bits and entropy, sortable; go to one.", LOOK),
    Action(
        "next_surprise",
        "right_square_bracket",
        "next surprise",
        "Go to the next token of more than 4 bits, and see the list that it was drawn from.",
        LOOK,
    ),
    Action(
        "previous_surprise",
        "left_square_bracket",
        "previous surprise",
        "Go to the token of more than 4 bits before the cursor.",
        LOOK,
    ),
    Action(
        "next_uncertain",
        "right_curly_bracket",
        "next uncertain",
        "Go to the next step at which the model's entropy was more than 4 bits.",
        LOOK,
    ),
    Action("next_not_top", "full_stop", "next not top", "Go to the next token that was not the best candidate.", LOOK),
    Action(
        "next_unreachable",
        "semicolon",
        "next unreachable",
        "Go to the next token that the settings on screen would remove.",
        LOOK,
    ),
    Action("unit", "u", "unit", "Show percent, log-probability or logit.", LOOK),
    Action("would", "space", "would draw", "Highlight the token this seed draws here.", LOOK),
    Action("followed", "f", "followed token", "Highlight the token the branch goes on with.", LOOK),
    Action(
        "compare",
        "X",
        "compare",
        "Up to four settings side by side on this step: what each keeps, and how far they differ.",
        LOOK,
    ),
    Action(
        "sweep",
        "T",
        "trade-off",
        "Measure accuracy against diversity over a grid of settings, and plot the one against the other.",
        LOOK,
    ),
    Action("preset_1", "1", "T=2", "The post's first run: temperature 2, no top-k.", SET),
    Action("preset_2", "2", "T=0.5", "The post's second run: temperature 0.5, no top-k.", SET),
    Action("preset_3", "3", "top-k 50", "The post's third run: top-k 50.", SET),
    Action(
        "preset_4",
        "4",
        "top-p 0.90",
        "The post's fourth run: top-p 0.90 (and transformers' own top-k 50).",
        SET,
    ),
    Action("controls", "comma", "controls", "Go to the sliders; on a small screen they open for it.", SET),
    Action("greedy", "g", "greedy", "Switch between drawing and taking the most probable token.", SET),
    Action("order", "x", "order", "Switch between transformers' and llama.cpp's order of the stages.", SET),
    Action("parameters", "p", "all parameters", "Set any parameter as a number.", SET),
    Action("off", "o", "off", "Turn the focused slider's parameter off.", SET),
    Action("source", "b", "back to source", "Give the focused slider's parameter back to its source.", SET),
    Action("reset", "0", "reset settings", "Forget everything set by you or by a preset; the seed stays.", SET),
    Action("presets", "O", "presets", "Use a preset: the post's four, or one of your own; remove one.", SET),
    Action("save_preset", "K", "keep as preset", "Keep the settings given now as a preset, under a name.", SET),
    Action("copy_this", "y", "copy this", "Copy what the focused pane shows: row, text, plot, settings.", KEEP),
    Action(
        "copy",
        "c",
        "copy",
        "Copy text, token, row, plot, or the settings for generate(), vLLM or llama.cpp; or write them to a file.",
        KEEP,
    ),
    Action("edit", "e", "prompt", "Go to the prompt editor.", KEEP),
    Action("prompts", "P", "recent prompts", "Put one of the prompts submitted last into the editor.", KEEP),
    Action("submit", "f2", "submit the prompt", "Give the edited prompt to the model.", KEEP),
    Action("chat", "C", "chat template", "Put the prompt through the model's chat template, or no longer.", KEEP),
    Action(
        "special_tokens",
        "B",
        "special tokens",
        "Let the tokenizer add special tokens such as BOS to the prompt, or no longer.",
        KEEP,
    ),
    Action(
        "score",
        "f3,E",
        "score the text",
        "What the model makes of each token of the prompt, or of any text put there: bits, rank, what would remove it.",
        KEEP,
    ),
    Action("system", "Y", "system prompt", "Write the system prompt of the chat template.", KEEP),
    Action(
        "save",
        "w",
        "save the branch",
        "Write the branch to a file: `run`'s JSON Lines, without candidates and cutoffs.",
        KEEP,
    ),
    Action("models", "m", "models", "Use another model: from this computer, the hub, or a server.", PROGRAM),
    Action("help", "f1,question_mark", "help", "What the focused pane shows, and every key.", PROGRAM),
    Action("lesson", "i", "lessons", "Show the lessons beside the workbench, or hide them.", PROGRAM),
    Action("use_lesson", "I", "set up the lesson", "Use the lesson's settings, plot and place in the text.", PROGRAM),
    Action("next_lesson", "right_parenthesis", "next lesson", "Turn to the next lesson.", PROGRAM),
    Action("previous_lesson", "left_parenthesis", "previous lesson", "Turn to the lesson before.", PROGRAM),
    Action("palette", "colon,ctrl+p", "palette", "Find any action by name.", PROGRAM, "app.command_palette"),
    Action("theme", "t", "theme", "Use the next theme.", PROGRAM, "app.next_theme"),
    Action("repaint", "ctrl+l", "repaint", "Paint all again, if something wrote over it.", PROGRAM, "app.repaint"),
    Action("plot", "v", "plot", "Show or hide the plot.", PROGRAM),
    Action("next_plot", "V", "next plot", "Show the next plot.", PROGRAM),
    Action("zoom", "plus", "zoom", "Give the focused pane the whole screen, or its place again.", PROGRAM),
    Action("restart", "R", "restart engine", "Start the engine again; the story stays.", PROGRAM),
    Action(
        "interrupt",
        "ctrl+c",
        "interrupt",
        "Copy what is selected, or stop what is under way; else end the program, after asking if tokens were drawn.",
        PROGRAM,
    ),
    Action("quit", "q", "quit", "End the program.", PROGRAM, "app.quit"),
)

ACTIONS: Mapping[str, Action] = {action.id: action for action in _TABLE}
"""Every action by id, in the order of the help screen."""


def shown_key(key: str) -> str:
    """A key as shown to the person: `question_mark` → `?`, `left` → `←`."""
    return _SHOWN.get(key, key)


def shown_keys(keys: str) -> str:
    """Several keys as shown to the person: `left,h` → `← h`."""
    return " ".join(shown_key(key.strip()) for key in keys.split(",") if key.strip())


class Keymap(dict[str, str]):
    """A person's keys by action id; an action that is missing has the table's keys."""

    def of(self, action: str) -> str:
        """The keys of an action, comma-separated, by Textual's names."""
        return self.get(action, ACTIONS[action].keys)

    def phrase(self, sentence: str) -> str:
        """Replace each `{action id}` in a sentence by the first key of that action."""
        return _ACTION_ID.sub(self._first, sentence)

    def _first(self, found: re.Match[str]) -> str:
        return shown_key(self.of(found[1]).split(",")[0].strip()) if found[1] in ACTIONS else found[0]


def check_commands(commands: Container[str]) -> None:
    """LookupError if a workbench action has no handler; checked at start, so that no key fails later."""
    missing = [action.id for action in ACTIONS.values() if not action.call and action.id not in commands]
    if missing:
        raise LookupError(f"nothing handles {', '.join(missing)}")


def taken_by_editor(keys: str) -> bool:
    """True if a text editor uses all of these keys itself: letters, signs, line breaks, arrows."""
    return all(len(key) == 1 or (key in _SHOWN and key != "escape") or key == "space" for key in _keys(keys))


def grouped() -> Iterator[tuple[str, list[Action]]]:
    """The groups in the order of the help screen, each with its actions."""
    for group in GROUPS:
        yield group, [action for action in ACTIONS.values() if action.group == group]


def check_keymap(keymap: Mapping[str, object]) -> tuple[Keymap, list[str]]:
    """The usable part of a person's keymap, and one line for each unusable entry.

    Textual silently accepts unknown ids and impossible keys; here they are refused.
    """
    usable = Keymap()
    problems: list[str] = []
    for name, keys in keymap.items():
        problem = _problem(name, keys)
        if problem:
            problems.append(problem)
        else:
            usable[name] = str(keys)
    problems += _drop_clashes(usable)
    if "interrupt" in usable and _RESERVED[0] not in _keys(usable["interrupt"]):
        usable["interrupt"] += f",{_RESERVED[0]}"
    return usable, problems


def _problem(name: str, keys: object) -> str:
    if name not in ACTIONS:
        return f"There is no action {name!r}."
    if not isinstance(keys, str) or not keys.strip():
        return f"The keys of {name!r} must be a text such as 'n,f5'."
    if len(keys) > _LONGEST:
        return f"The keys of {name!r} have more than {_LONGEST} characters."
    if name != "interrupt" and (reserved := [key for key in _RESERVED if key in _keys(keys)]):
        return f"{reserved[0]!r} always leads out ({name!r})."
    wrong = [key for key in keys.split(",") if not _KEY.fullmatch(key.strip())]
    return f"{wrong[0]!r} is no key ({name!r})." if wrong else ""


def _drop_clashes(usable: Keymap) -> list[str]:
    """Remove entries whose key another action has; one line for each. A clash would silently hide one of the two."""
    problems = []
    for name in list(usable):
        counts = Counter(key for action in ACTIONS.values() for key in _keys(usable.of(action.id)))
        taken = [key for key in _keys(usable[name]) if counts[key] > 1]
        if taken:
            problems.append(f"{shown_key(taken[0])!r} belongs to another action already ({name!r}).")
            del usable[name]
    return problems


def _keys(keys: str) -> set[str]:
    return {key.strip() for key in keys.split(",")}


def markdown_table() -> str:
    """The README's table of keys."""
    lines = ["| key | action | | id |", "|---|---|---|---|"]
    lines += [
        f"| `{shown_keys(a.keys).replace('|', chr(92) + '|')}` | {a.name} | {a.tooltip} | {a.id} |"
        for a in ACTIONS.values()
    ]
    return "\n".join(lines)
