"""The PP-OCR detector and recogniser that come inside the rapidocr wheel, run with our own cropping, batching and threads."""
