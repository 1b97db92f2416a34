"""The common options of the command line, made from the parameters' records, and the decorator that adds them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from tui.core.order import ORDER
from tui.core.origin import Origin
from tui.core.parameters import Parameter
from tui.core.settings import DEFAULT_SEED, Given, normalise
from tui.core.stages import MAX_NEW_TOKENS, SEED, SPOKEN_ORDER
from tui.errors import InputError
from tui.launch import LaunchOptions
from tui.prompts import check_texts, read_prompt

KEYWORD = inspect.Parameter.POSITIONAL_OR_KEYWORD


def _model_and_prompt_options(
    model: Annotated[
        str | None,
        typer.Option(
            "--model", "-m", help="A folder, a GGUF file or a Hugging Face id; default: the built-in demo model."
        ),
    ] = None,
    revision: Annotated[str, typer.Option(help="Branch, tag or commit on the hub.")] = "",
    server: Annotated[
        str, typer.Option(help="A server's address: llama.cpp, vLLM, or any OpenAI-compatible one; -m names its model.")
    ] = "",
    tokenizer: Annotated[
        str, typer.Option(help="For a server that does not tell its tokens: a folder or id with the same tokenizer.")
    ] = "",
    prompt: Annotated[
        str | None, typer.Option("--prompt", "-p", help="The prompt's text; default: the unicorn prompt.")
    ] = None,
    prompt_file: Annotated[
        Path | None, typer.Option("--prompt-file", help="Read the prompt from a UTF-8 file; - is stdin.")
    ] = None,
    chat: Annotated[bool, typer.Option("--chat", help="Put the prompt through the model's chat template.")] = False,
    system: Annotated[str, typer.Option(help="With --chat: the system prompt.")] = "",
    no_special_tokens: Annotated[
        bool, typer.Option("--no-special-tokens", help="Add no special tokens, such as BOS, to the prompt.")
    ] = False,
) -> None:
    """The common options before the sampling parameters; only the signature is used."""


_ORDER_HELP = "Of the stages: transformers, llama.cpp, or the stages that trade places, such as top_p,top_k."


def _sampling_options() -> dict[str, inspect.Parameter]:
    """The options for the sampling parameters, made from their records."""
    options = [_option(parameter, None) for parameter in SPOKEN_ORDER.values()]
    greedy: Any = Annotated[bool, typer.Option("--greedy", help="Take the most probable token every time.")]
    options.append(inspect.Parameter("greedy", KEYWORD, default=False, annotation=greedy))
    order: Any = Annotated[str | None, typer.Option("--order", help=_ORDER_HELP)]
    options.append(inspect.Parameter(ORDER, KEYWORD, default=None, annotation=order))
    options += [_option(SEED, DEFAULT_SEED), _option(MAX_NEW_TOKENS, None)]
    return {option.name: option for option in options}


def _option(parameter: Parameter, default: int | None) -> inspect.Parameter:
    """The option for one numeric parameter, with its default."""
    number = int if parameter.integer else float
    kind = number | None if default is None else number
    annotation: Any = Annotated[kind, typer.Option(help=parameter.help)]
    return inspect.Parameter(parameter.name, KEYWORD, default=default, annotation=annotation)


def _loading_options(
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N, mps.")] = "auto",
    dtype: Annotated[
        str, typer.Option(help="auto, float32, bfloat16, float16; auto is what from_pretrained does.")
    ] = "auto",
    device_map: Annotated[
        str, typer.Option(help="Spread the layers over devices: auto, balanced, … (needs the accelerate extra).")
    ] = "",
    allow_pickle: Annotated[
        bool, typer.Option("--allow-pickle", help="Load weights that are not safetensors: they can run code.")
    ] = False,
    trust_remote_code: Annotated[
        bool, typer.Option("--trust-remote-code", help="Run the Python code in the model's repository.")
    ] = False,
) -> None:
    """The common options after the sampling parameters; only the signature is used."""


COMMON: dict[str, inspect.Parameter] = {
    **inspect.signature(_model_and_prompt_options, eval_str=True).parameters,
    **_sampling_options(),
    **inspect.signature(_loading_options, eval_str=True).parameters,
}
"""The options common to all commands, in the order of the help."""
LANGUAGE_HELP = "The language of the lessons: en, ko; default: the locale's."
ORIGIN = tuple(Origin.__struct_fields__)


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Decorator: adds the common options to a command, which receives them checked, as one LaunchOptions."""
    own = [
        parameter
        for name, parameter in inspect.signature(command, eval_str=True).parameters.items()
        if name != "options"
    ]

    def wrapped(**values: Any) -> None:
        check_texts(values)
        picked = {name: values.pop(name) for name in COMMON}
        command(**values, options=_launch_options(picked))

    wrapped.__signature__ = inspect.Signature([*own, *COMMON.values()])  # type: ignore[attr-defined]
    wrapped.__doc__ = command.__doc__
    wrapped.__name__ = command.__name__
    return wrapped


def _launch_options(values: dict[str, Any]) -> LaunchOptions:
    numbers = {name: values[name] for name in (*SPOKEN_ORDER, MAX_NEW_TOKENS.name, ORDER)}
    given: Given = {name: value for name, value in numbers.items() if value is not None}
    if values["greedy"]:
        given["do_sample"] = False
    SEED.check(values["seed"])
    if values["model"] == "":
        raise InputError("{--model} is empty.", "Leave it out for the built-in demo model.")
    if values["system"] and not values["chat"]:
        raise InputError("{--system} is for chat templates.", "Give {--chat} too.")
    if values["no_special_tokens"] and values["chat"]:
        raise InputError("A chat template writes its special tokens itself.", "Leave {--no-special-tokens} out.")
    return LaunchOptions(
        origin=Origin(**{name: values[name] for name in ORIGIN}),
        prompt=read_prompt(values["prompt"], values["prompt_file"]),
        chat=values["chat"],
        system=values["system"],
        add_special_tokens=not values["no_special_tokens"],
        given=normalise(given),
        seed=values["seed"],
    )
