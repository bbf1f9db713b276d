"""Pages made from our own text: typeset by LaTeX or a browser, as born-digital PDF and as a worn scan, with their facts."""
