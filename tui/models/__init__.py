"""Where logits come from. The only ring that names transformers."""
