"""The installed Tesseract program: what it can do, how it is run, and what its output means."""
