"""samplescope: a microscope for how a language model picks its next token."""

__version__ = "0.1.0"
