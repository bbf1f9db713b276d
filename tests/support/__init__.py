"""What tests share: pages that are drawn, servers that misbehave, tiny models, files read back."""
