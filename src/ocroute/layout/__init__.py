"""Lines become paragraphs, headings, lists and tables in human reading order. The same for all engines that give boxes."""
