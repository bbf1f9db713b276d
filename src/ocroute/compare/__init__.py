"""Readings held against a known text: measures, and what is made of them."""
