"""The searchable PDF: the pages as they are, with what was read on them as a text layer that nobody sees."""
