"""One page end to end through the real loading code, from a checkpoint on disk."""
