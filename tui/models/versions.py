"""Warns if the installed torch or transformers is outside the versions in samplescope's own metadata.

`tui.models.decoding` uses private names of transformers, which any minor release may change. A person may still need a
newer release; so the program only says that it has not been checked.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

LOGITS_LIBRARIES = ("torch", "transformers")


def unchecked() -> list[str]:
    """One line for each library whose installed version is outside the bounds; none if samplescope is not installed."""
    try:
        stated = [Requirement(line) for line in requires("samplescope") or ()]
    except PackageNotFoundError:
        return []
    bounds = {requirement.name: requirement.specifier for requirement in stated if requirement.marker is None}
    installed = {name: version(name) for name in LOGITS_LIBRARIES}
    return [
        f"{name} {found} has not been checked; `samplescope verify` tells"
        for name, found in installed.items()
        if not bounds[name].contains(found, prereleases=True)
    ]
