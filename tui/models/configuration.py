"""Loads a checkpoint's configuration, and checks that it describes a causal language model of these weights."""

from __future__ import annotations

from typing import Any

from tui.core.origin import Origin
from tui.errors import ModelError
from tui.models.checkpoint import Checkpoint
from tui.models.described import check_described
from tui.models.foreign import encoder_decoder
from tui.models.header import check_sizes
from tui.models.quantisation import check_method, quantisation_of
from tui.models.refusals import load_error

_ENCODERS = "It fills gaps in a text and cannot go on with one: samplescope looks at causal language models."


def configuration_of(library: Any, checkpoint: Checkpoint, source: str, origin: Origin) -> Any:
    """The checkpoint's configuration. ModelError if AutoModelForCausalLM cannot load a usable model from it."""
    try:
        config = library.AutoConfig.from_pretrained(
            checkpoint.folder, trust_remote_code=origin.trust_remote_code, **checkpoint.file
        )
        described = config.to_dict()
    except Exception as error:  # a configuration's own checks raise any kind
        raise load_error(source, error, "header" if checkpoint.gguf else "config.json") from None
    if origin.trust_remote_code and "AutoModelForCausalLM" in (getattr(config, "auto_map", None) or {}):
        return config
    _check_kind(library, config, source)
    check_method(library, quantisation_of(config), source)
    if checkpoint.header is not None:
        check_sizes(described, checkpoint.header, source)  # with what is taken where config.json says nothing
        check_described(library, config, checkpoint.header, source, quantised=quantisation_of(config) is not None)
    return config


def _check_kind(library: Any, config: Any, source: str) -> None:
    """Raise ModelError for an encoder, an encoder-decoder, or any other model that is no causal language model."""
    named = (getattr(config, "architectures", None) or [type(config).__name__])[0]
    if getattr(config, "is_encoder_decoder", False):
        raise encoder_decoder(source, named)
    # GPT-NeoX is a decoder although its `is_decoder` is False: there the class name decides.
    if getattr(config, "is_decoder", True) is False and not named.endswith(("ForCausalLM", "Config")):
        raise ModelError(f"{source} is an encoder ({named}), no causal language model.", _ENCODERS)
    if type(config) not in library.MODEL_FOR_CAUSAL_LM_MAPPING:
        if config.get_text_config() is not config:
            raise ModelError(
                f"{source} is multimodal ({named}), and transformers cannot load its text decoder alone.",
                "Give a text model.",
            )
        if named.endswith("ForCausalLM"):
            raise ModelError(
                f"{source} holds {named}, and transformers' AutoModelForCausalLM does not load its model type "
                f"'{config.model_type}'.",
                "Give the whole model it belongs to, or a text model.",
            )
        raise ModelError(f"{source} is no causal language model ({named}).", "Give one that goes on with a text.")
