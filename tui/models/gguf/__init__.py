"""GGUF files, as llama.cpp, LM Studio and Ollama keep them: found, checked, and read through transformers."""
