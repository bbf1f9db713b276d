"""Model code that no library has yet."""
