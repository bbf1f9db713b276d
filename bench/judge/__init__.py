"""Proves the judge: pages with known text, failures of every kind, and what the checks make of them."""
