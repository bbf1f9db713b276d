"""Pages with a known text, for every bench: drawn, typeset, worn. What trains the tiny models is drawn in `bench.tiny_models`."""
