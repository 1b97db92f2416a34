"""Headless experiments over an engine; plain results."""
