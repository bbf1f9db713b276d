"""Waiting for a job without a thread."""

from __future__ import annotations

import asyncio
import time

from ocroute.jobs.service_job import ServiceJob


async def happened(job: ServiceJob, after: int, seconds: float) -> bool:
    """Wait until the job has an event with a number above ``after``; whether it has within so many seconds."""
    loop, woken = asyncio.get_running_loop(), asyncio.Event()

    def wake() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(woken.set)

    with job.watched(wake):
        if job.events(after):
            return True
        try:
            await asyncio.wait_for(woken.wait(), seconds)
        except TimeoutError:
            return False
    return True


async def until_ended(job: ServiceJob, seconds: float) -> bool:
    """Wait for the end of a job; whether it has come within so many seconds."""
    deadline = time.monotonic() + seconds
    while not job.ended:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        await happened(job, len(job.events()), left)
    return job.ended
