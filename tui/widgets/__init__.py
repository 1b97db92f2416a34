"""Widgets: each draws the plain values it is given, and posts messages about what the person does."""
