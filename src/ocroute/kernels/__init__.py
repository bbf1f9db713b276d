"""Attention kernels: one contract, proven on the card before use."""
