"""A model that the user's own vLLM runs: started, asked and ended by us."""
