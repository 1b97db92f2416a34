"""Limits on classes: none has too many methods, and none leaves a method to its subclasses (NotImplementedError)."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest
from textual.geometry import Size

import tui

MOST_METHODS = 40
"""Methods of this project's code, inherited ones included: a class split by inheritance is still one class."""
SOURCES = sorted(Path(tui.__file__).parent.rglob("*.py"))


def classes() -> list[type]:
    """Every class of the package."""
    names = [module.name for module in pkgutil.walk_packages(tui.__path__, "tui.") if module.name != "tui.__main__"]
    modules = [importlib.import_module(name) for name in names]
    found = {cls for module in modules for _, cls in inspect.getmembers(module, inspect.isclass)}
    return sorted((cls for cls in found if _ours(cls)), key=lambda cls: cls.__qualname__)


def _ours(cls: type) -> bool:
    return cls.__module__.split(".")[0] == "tui"


def methods(cls: type) -> set[str]:
    """Names of the methods and properties that this project's code defines for a class and its bases."""
    return {
        name
        for base in cls.__mro__
        if _ours(base)
        for name, value in vars(base).items()
        if inspect.isfunction(value) or isinstance(value, property | classmethod | staticmethod)
    }


def test_no_class_has_more_than_forty_methods() -> None:
    sizes = {cls.__qualname__: len(methods(cls)) for cls in classes()}
    assert len(sizes) > 100
    assert {name: size for name, size in sizes.items() if size > MOST_METHODS} == {}


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.relative_to(SOURCES[0].parent).as_posix())
def test_nothing_is_left_to_a_subclass(file: Path) -> None:
    raised = [node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Raise)]
    names = [ast.unparse(node.exc) for node in raised if node.exc is not None]
    assert [name for name in names if name.startswith("NotImplementedError")] == []


def test_every_plot_of_the_screen_is_computed_by_the_engine_and_by_the_scripted_one():
    from tests import scripted_math
    from tui.engine import plots
    from tui.widgets.plots import PLOTS

    asked = [plot.id for plot in PLOTS if plot.request(Size(60, 12)) is not None]
    assert asked == list(plots.PLOTS) == list(scripted_math.PLOTS)
    assert len({plot.id for plot in PLOTS}) == len(PLOTS)
