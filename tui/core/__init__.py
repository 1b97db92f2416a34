"""Plain data and pure functions: settings and their sources, the story, tokens. No torch, no textual, no I/O."""
