"""The explorer's features, each called without a screen, over an engine that only notes what it is asked."""
