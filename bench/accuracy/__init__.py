"""Does the Markdown of a page say what the page says? Facts about pages, and a runner that counts how many hold."""
