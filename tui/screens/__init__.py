"""Screens own state and turn messages into requests."""
