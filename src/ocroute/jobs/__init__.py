"""Work that outlasts a process: the queue of documents that machines share, and the jobs of the service.

`claims`, `document_queue` and `queue_worker` are the queue on shared storage, without a coordinator. `job_service` is what stands
behind a server: it takes files (`job_store`), gives their pages to one pool of workers (`page_scheduler`), and makes results
(`job_results`). Both keep page records in the journal of `ocroute.run`.
"""
