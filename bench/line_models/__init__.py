"""How the line model for Cyrillic, Greek and Latin letters was made: its texts, fonts, lines, training, and what it reads."""
