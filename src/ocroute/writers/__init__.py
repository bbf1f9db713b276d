"""Writes documents into files, with what needs their source beside them: pictures, page images, searchable PDFs."""
