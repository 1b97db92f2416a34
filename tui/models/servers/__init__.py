"""Models on servers: llama.cpp, vLLM, and whatever speaks OpenAI's completions. Tokens are drawn here."""
