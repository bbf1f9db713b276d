"""Tables among lines and ruling lines, with every word in its cell."""
