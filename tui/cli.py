"""The command line: the explorer and the headless commands. Each command does its own heavy imports."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import TyperException

from tui import __version__, resumed
from tui.entrypoints import INTERRUPTED, explore, in_one_line, say, serve_engine
from tui.errors import InputError, RunError
from tui.launch import LaunchOptions
from tui.options import COMMON, LANGUAGE_HELP, with_options
from tui.terminal.stdout import reserved

if TYPE_CHECKING:
    from tui.core.records import Record
    from tui.terminal.meter import Output

app = typer.Typer(
    name="samplescope",
    help="A microscope for how a language model picks its next token.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


@app.callback(invoke_without_command=True)
@with_options
def explorer(
    context: typer.Context,
    options: LaunchOptions,
    resume: Annotated[
        str | None,
        typer.Option(metavar="[FILE]", help="Go on with the session of the last time, or one in a file."),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(help='Run the engine, and the model, by this command: "ssh gpubox samplescope engine".'),
    ] = None,
    language: Annotated[str, typer.Option("--lang", help=LANGUAGE_HELP)] = "",
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Step through text generation token by token, in the terminal."""
    if version:
        print(f"samplescope {__version__}")
    elif context.invoked_subcommand is None:
        options = replace(options, engine=_command(engine), language=_language(language))
        raise typer.Exit(explore(options if resume is None else resumed.resume(options, _asked(context), resume)))
    elif resume is not None:
        raise InputError("{--resume} is for the explorer only.", f"Leave it out for `{context.invoked_subcommand}`.")
    elif engine is not None:
        raise InputError("{--engine} is for the explorer only.", f"Run `{context.invoked_subcommand}` on that machine.")
    elif language:
        raise InputError("{--lang} stands behind a command.", "For example `samplescope lesson --lang ko`.")


def _language(asked: str) -> str:
    """The language of the lessons that was asked for; InputError if no lesson is in it."""
    if not asked:
        return ""
    from tui import paths
    from tui.lessons.command import checked
    from tui.lessons.lesson import load

    return checked(asked, load(paths.lessons_dir())[0])


def _asked(context: typer.Context) -> list[str]:
    """Names of the common options that are on the command line."""
    from_line = context.get_parameter_source
    return [name for name in COMMON if (source := from_line(name)) is not None and source.name == "COMMANDLINE"]


def _command(line: str | None) -> Sequence[str] | None:
    """Split a command line into words as a shell does; no shell runs it."""
    try:
        words = None if line is None else shlex.split(line)
    except ValueError as error:
        raise InputError(f"{{--engine}} {line!r} cannot be cut into words: {str(error).lower()}.") from None
    if words is not None and not (words and words[0]):
        raise InputError("{--engine} names no command.", 'For example {--engine "ssh gpubox samplescope engine"}.')
    return words


@app.command()
@with_options
def run(
    options: LaunchOptions,
    top: Annotated[int, typer.Option(min=-1, help="How many candidates each step lists; -1: all.")] = 10,
) -> None:
    """Generate, one JSON object a line on stdout: the run, each step, the end."""
    from tui.experiments.run import run_records

    with _output() as to:
        raise typer.Exit(_print_records(run_records(options, top, to.report), to))


@contextmanager
def _output() -> Iterator[Output]:
    """stdout for a command's results, stderr for its remarks, and a line of progress where a person sees it."""
    from tui.terminal.meter import metered

    with reserved() as write, metered(write, say) as output:
        yield output


def _print_records(records: Iterable[Record], to: Output) -> int:
    """Write each record as it comes; the exit code. What a run failed of is said on stderr too."""
    from tui.core.records import dumps

    status = 0
    for record in records:
        _say_notes(record.get("notes", ()), to)
        to.write(dumps(record))
        if record["type"] == "error":
            status = RunError.exit_code
            to.say(f"{record['message']} {record['remedy']}".rstrip(), "samplescope")
        elif record.get("reason") == "interrupted":
            status = INTERRUPTED
    return status


def _say_notes(notes: Sequence[str], to: Output) -> None:
    """Write a model's notes to stderr, since stdout has the results only."""
    for note in notes:
        to.say(note, "note")


@app.command()
@with_options
def verify(options: LaunchOptions) -> None:
    """Compare with the model's own generate(): same options, same seed, same ids."""
    from tui.experiments.verify import report_lines, verify_options

    with _output() as to:
        result = verify_options(options, to.report)
        _say_notes(result["notes"], to)
        to.write("\n".join(report_lines(result)))
    raise typer.Exit(0 if result["equal"] else 1)


@app.command()
def lesson(
    which: Annotated[str, typer.Argument(metavar="[LESSON]", help="Its number or id; without one: the list.")] = "",
    language: Annotated[str, typer.Option("--lang", help=LANGUAGE_HELP)] = "",
) -> None:
    """The lessons as plain text; in the explorer they stand beside the live model."""
    from tui import config
    from tui.keys import check_keymap
    from tui.lessons.command import lesson_lines

    keymap, _ = check_keymap(config.load()[0].keymap)  # a wrong entry is the explorer's to tell
    lines, problems = lesson_lines(which, language, keymap)
    for problem in problems:
        say(problem)
    with reserved() as write:
        write("\n".join(lines))


@app.command()
@with_options
def sweep(
    options: LaunchOptions,
    grid: Annotated[
        list[str] | None,
        typer.Option(
            help="A parameter and its values: temperature=0.5,1,2. Given again, every combination is measured."
        ),
    ] = None,
    samples: Annotated[int, typer.Option(help="Continuations of the prompt under each setting.")] = 32,
    batch: Annotated[
        int | None,
        typer.Option(
            help="How many continue at once; default: as many as fit. In 32 bits this changes no token, in 16 it may."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a setting.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="One line of CSV a setting.")] = False,
    texts: Annotated[bool, typer.Option("--texts", help="With each setting the texts.")] = False,
) -> None:
    """Accuracy against diversity: measure continuations under every setting of a grid.

    Continuation i has seed + i, under every setting alike, and is what `run` gives with that seed.
    """
    from tui.core.grid import Sweep, check, parse_grid
    from tui.experiments.sweep import sweep_on
    from tui.experiments.sweep_lines import lines

    asked = Sweep(
        at=0, grid=parse_grid(grid or ()), given=options.given, seed=options.seed, samples=samples, batch=batch,
        texts=texts,
    )  # fmt: skip
    check(asked)
    form = _form(json=json, csv=csv)
    with _output() as to:
        notes, rows = sweep_on(options, asked, to.report)
        _say_notes(notes, to)
        for line in lines(rows, asked, form):
            to.write(line)


def _form(*, json: bool, csv: bool = False) -> str:
    """The form of a command's output: json, csv or table."""
    if json and csv:
        raise InputError("Give {--json} or {--csv}, not both.")
    return "json" if json else "csv" if csv else "table"


@app.command()
@with_options
def compare(
    options: LaunchOptions,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="Settings to compare, such as temperature=2,top_k=0; up to four times."),
    ] = None,
    presets: Annotated[bool, typer.Option("--presets", help="Compare the post's four settings.")] = False,
    length: Annotated[
        int, typer.Option("--continue", min=0, help="Continue each for so many tokens, with the same seed.")
    ] = 0,
    top: Annotated[int, typer.Option(min=-1, help="How many candidates of each setting are listed; -1: all.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
) -> None:
    """Compare up to four settings on the step after the prompt."""
    from tui.core.choices import choices
    from tui.core.records import dumps

    chosen = choices(settings or [], presets, options.given)

    from tui.experiments.compare import compare_options
    from tui.experiments.compare_lines import compare_lines

    with _output() as to:
        record = compare_options(options, chosen, top, length, to.report)
        _say_notes(record["notes"], to)
        to.write(dumps(record) if as_json else "\n".join(compare_lines(record)))


@app.command()
@with_options
def score(
    options: LaunchOptions,
    json: Annotated[
        bool, typer.Option("--json", help="One JSON object a token, and an end with the perplexity.")
    ] = False,
) -> None:
    """Score a text: each token's rank, bits, and whether these settings could have drawn it."""
    from tui.experiments.score import score_lines, score_records

    with _output() as to:
        records = score_records(options, to.report)
        if json:
            raise typer.Exit(_print_records(records, to))
        for line in score_lines(records):
            to.write(line)


@app.command()
def engine() -> None:
    """The engine on stdin and stdout: what the explorer starts, here or over ssh."""
    serve_engine()


def main() -> int:
    """Run the command line; returns the exit code. A failure is one line on stderr."""
    return in_one_line(_run_app)


def _run_app() -> int:
    try:
        return int(app(resumed.with_value(sys.argv[1:]), standalone_mode=False) or 0)
    except TyperException as error:
        raise InputError(error.format_message().partition(", unable to parse")[0].rstrip(".") + ".") from None
    except typer.Exit as exit_:
        return exit_.exit_code
    except typer.Abort:
        raise KeyboardInterrupt from None
