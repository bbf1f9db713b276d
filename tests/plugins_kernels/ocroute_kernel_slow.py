"""Attention kernels that compile at their first calls: one that is right, and two that do not come to an end."""

import time

from ocroute_kernel_zoo import Right, info

SECONDS = {7: 12.0}  # by ratio of heads
OTHERS = 1.0


class Compiles(Right):
    """Takes its time for each ratio of heads, as one does that compiles a variant for each."""

    info = info(compiles=True)

    def __init__(self):
        self.ready = set()

    def attend(self, q, k, v, **rest):
        ratio = q.shape[1] // k.shape[1]
        if ratio not in self.ready:
            self.compile(ratio)
            self.ready.add(ratio)
        return super().attend(q, k, v, **rest)

    def compile(self, ratio):
        time.sleep(SECONDS.get(ratio, OTHERS))


class Forever(Compiles):
    def compile(self, ratio):
        time.sleep(3600)


class Hangs(Right):
    """Compiles at once, and hangs when it meets a shape for the second time."""

    info = info(compiles=True)

    def __init__(self):
        self.met = set()

    def attend(self, q, k, v, **rest):
        if q.shape in self.met:
            time.sleep(3600)
        self.met.add(q.shape)
        return super().attend(q, k, v, **rest)
