"""Widgets draw plain values and post messages."""
