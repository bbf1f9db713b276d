"""Two hundred clients at once: a bounded queue, nothing lost, no fault, and no more memory than before."""

import asyncio
from collections import Counter

import httpx
import psutil
import pytest
from tests.support.service import picture
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.slow

CLIENTS, QUEUE = 200, 24


def test_every_job_that_is_taken_is_done_and_every_refusal_says_when_to_come_again(servers):
    server = servers("--jobs", 1, "--queue-size", QUEUE)
    server.ready()
    server.ended(server.job(picture()))
    process, context = psutil.Process(server.process.pid), httpx.create_ssl_context(verify=False, trust_env=False)
    codes, states, taken, most = Counter(), Counter(), [], 0

    async def one(client):
        while True:
            answer = await client.post("/v1/jobs", files={"file": ("a.png", picture())})
            codes[answer.status_code] += 1
            if answer.status_code == 202:
                break
            assert answer.status_code == 503, answer.text
            await asyncio.sleep(min(2.0, float(answer.headers["retry-after"])))
        job = answer.headers["location"]
        taken.append(job)
        while (told := (await client.get(job, params={"wait": 30})).json())["state"] not in (
            "done",
            "failed",
            "canceled",
        ):
            pass
        states[told["state"]] += 1

    async def watch(client):
        nonlocal most
        while len(taken) < CLIENTS:
            most = max(most, (await client.get("/v1/jobs", params={"limit": 1})).status_code)
            await asyncio.sleep(0.2)

    async def everybody():
        async with httpx.AsyncClient(
            base_url=server.url,
            trust_env=False,
            verify=context,
            timeout=PATIENCE,
            limits=httpx.Limits(max_connections=None),
        ) as client:
            await asyncio.gather(watch(client), *(one(client) for _ in range(CLIENTS)))

    before = process.memory_info().rss
    asyncio.run(everybody())
    assert states == {"done": CLIENTS}
    assert len(set(taken)) == codes[202] == CLIENTS
    assert codes[503] > 0  # or nothing was tested
    assert set(codes) == {202, 503}
    assert most == 200  # who only asks is answered all the time
    assert process.memory_info().rss - before < 64 << 20
