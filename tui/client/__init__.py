"""The UI side of the pipe: starts an engine, asks it, mirrors its story."""
