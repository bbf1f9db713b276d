"""Pages of PDFs that packages have put on this machine. Only their paths and numbers are kept here, never the pages."""
