"""Where rows of logits come from. The only ring that names transformers."""
