"""Which versions of the libraries behind logits this release was checked with: the bounds of its own metadata.

Private names of transformers are called (`tui.models.decoding`), and any minor release may change them. Somebody may
have good reasons to use one that is newer than this release; then the program says so instead of refusing.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

LOGITS_LIBRARIES = ("torch", "transformers")


def unchecked() -> list[str]:
    """One line for each library whose installed version lies outside the bounds; none outside an installation."""
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
