"""The sources of logits: transformers and servers. No other package imports transformers."""
