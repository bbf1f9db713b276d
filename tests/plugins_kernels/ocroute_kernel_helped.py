"""Kernels of the zoo that start processes, as those do that compile."""

import os
import time

from ocroute_kernel_zoo import Right


class Forks(Right):
    """Starts a helper, as compilers do, and then ends itself; the helper lives on and holds what it inherited open."""

    def one(self, *_):
        if os.fork() == 0:
            time.sleep(120)
            os._exit(0)
        os._exit(1)


class Shares(Right):
    """Has eight helpers that share its 300 MB and take nearly nothing of their own."""

    def __init__(self):
        self.helpers = []

    def one(self, q, k, v, causal, scale):
        if not self.helpers:
            self.shared = b"\1" * (300 << 20)
            self.helpers = [self.helper() for _ in range(8)]
            time.sleep(1)
        return super().one(q, k, v, causal, scale)

    def helper(self):
        parent = os.getpid()
        if (pid := os.fork()) == 0:
            while os.getppid() == parent:
                time.sleep(0.1)
            os._exit(0)
        return pid
