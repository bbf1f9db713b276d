"""Which engines a page goes through, in which order, and why one text won."""

from ocroute.route.plan import EngineStatus, Plan, Wish, plan

__all__ = ["EngineStatus", "Plan", "Wish", "plan"]
