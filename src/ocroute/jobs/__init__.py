"""Work that several processes or machines share: the queue of documents on shared storage."""
