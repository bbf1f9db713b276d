"""The generated parts of the documentation, by subject. None of them needs torch."""
