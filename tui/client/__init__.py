"""The UI side of the pipe: starts an engine, sends it requests, and keeps a copy of its story."""
