"""Any server that speaks OpenAI's chat completions: vLLM, SGLang, llama.cpp, ollama, transformers serve, OpenAI's own."""

from ocroute.engines.openai.engine import OpenAi

__all__ = ["OpenAi"]
