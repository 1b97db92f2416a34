"""A model, a story and a generator: step, run, take, view; and the pipe round them."""
