"""Chooses the device and dtype of a model's weights, or a map of layers to devices."""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import Any

from tui.core.origin import Origin
from tui.errors import ModelError
from tui.models.waiting import one_line

DTYPES = ("auto", "float32", "bfloat16", "float16")
DEVICE_MAPS = ("auto", "balanced", "balanced_low_0", "sequential")
_CUDA = re.compile(r"cuda(?::(\d+))?", re.ASCII)
_OFFLOADED = ("cpu", "disk")
"""Places where accelerate keeps offloaded weights; it copies them to a device for each forward."""


def placement(origin: Origin, *, quantised: bool) -> tuple[dict[str, Any], str | None]:
    """(keywords for from_pretrained, the device to move the loaded model to; None if from_pretrained places it).

    ModelError for a dtype or device that does not exist, or if accelerate is needed and not installed.
    """
    if origin.dtype not in DTYPES:
        raise ModelError(f"{{--dtype}} must be one of {', '.join(DTYPES)}, not {origin.dtype!r}.")
    keywords: dict[str, Any] = {"dtype": origin.dtype}
    if origin.device_map:
        return keywords | {"device_map": _checked_map(origin)}, None
    device = checked_device(origin.device)
    if not quantised:
        return keywords, device
    _need_accelerate("A quantised checkpoint")
    return keywords | {"device_map": {"": device}}, None  # packed weights cannot be moved afterwards


def _checked_map(origin: Origin) -> str:
    if origin.device_map not in DEVICE_MAPS:
        raise ModelError(f"{{--device-map}} must be one of {', '.join(DEVICE_MAPS)}, not {origin.device_map!r}.")
    if origin.device != "auto":
        raise ModelError(
            f"{{--device-map {origin.device_map}}} chooses the devices itself, "
            f"and {{--device {origin.device}}} names one.",
            "Leave one of the two out.",
        )
    _need_accelerate("{--device-map}")
    return origin.device_map


def _need_accelerate(what: str) -> None:
    if find_spec("accelerate") is None:
        raise ModelError(
            f"{what} needs the package accelerate, which is not installed.", "pip install 'samplescope[accelerate]'"
        )


def checked_device(device: str) -> str:
    """The device that `device` names; auto is CUDA if there is any, else the CPU. ModelError if it cannot be used."""
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if (cuda := _CUDA.fullmatch(device)) and int(cuda[1] or 0) >= (count := torch.cuda.device_count()):
        there = f"there are {count} CUDA devices, from cuda:0" if count > 1 else "there is one, cuda:0"
        raise _no_device(device, there if count else _why_no_cuda(torch))
    if device == "mps" and not torch.backends.mps.is_available():
        raise _no_device(device, "this machine has no Metal GPU that torch can use")
    try:
        meta = torch.empty(1, device=device).is_meta
    except Exception as error:  # a backend that is not there may fail in its own import
        unknown = "Expected one of" in str(error)  # and then follow torch's twenty kinds
        raise _no_device(device, "torch knows none of that name" if unknown else one_line(error)) from None
    if meta:
        raise _no_device(device, "it computes nothing")
    return device


def _why_no_cuda(torch: Any) -> str:
    return "torch finds no CUDA device" if torch.version.cuda else "this torch was built without CUDA"


def _no_device(device: str, why: str) -> ModelError:
    return ModelError(f"Device {device!r} cannot be used: {why}.", "Try {--device cpu}.")


def input_device(model: Any) -> Any:
    """The torch.device that takes the ids and gives the logits, as generate() has it.

    With layers spread by accelerate it is the first device that computes: offloaded weights have no device.
    """
    import torch

    if model.device.type != "meta":
        return model.device
    placed = [_torch_name(device) for device in model.hf_device_map.values() if device not in _OFFLOADED]
    return torch.device(placed[0] if placed else "cpu")


def layer_devices(model: Any) -> list[str]:
    """The devices of the layers, in order; empty if there is only one."""
    devices = getattr(model, "hf_device_map", None) or {}
    named = list(dict.fromkeys(map(_torch_name, devices.values())))
    return named if len(named) > 1 else []


def _torch_name(device: object) -> str:
    """A device of accelerate's map as torch names it: a bare number is a CUDA device."""
    return f"cuda:{device}" if isinstance(device, int) else str(device)
