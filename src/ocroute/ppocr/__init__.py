"""The PP-OCR detector and recogniser that come with ocroute, run with our own cropping, batching and threads."""
