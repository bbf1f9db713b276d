"""Analysis of a page image: ink, marks, letter height, skew. Made once a page and kept on it."""
