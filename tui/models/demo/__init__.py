"""The demo model: its weights, and the program that trained them."""
