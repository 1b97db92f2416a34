"""The engine: a model, its story and its logits, with steps and views on them; and the process that serves it."""
