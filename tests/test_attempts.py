"""The policy is driven by hand: no engine runs here."""

from __future__ import annotations

from ocroute.document.model import Attempt
from ocroute.route.attempts import attempts


def drive(routes, outcomes, prior=()):
    policy, tried = attempts(routes, prior), []
    engine = next(policy, None)
    while engine is not None:
        tried.append(engine)
        try:
            engine = policy.send(Attempt(engine, outcomes[engine]))
        except StopIteration:
            break
    return tried


def test_stops_at_the_first_accepted():
    assert drive(["a", "b", "c"], {"a": "refused", "b": "accepted"}) == ["a", "b"]


def test_goes_through_all_when_none_is_accepted():
    outcomes = {"a": "declined", "b": "crashed", "c": "refused"}
    assert drive(["a", "b", "c"], outcomes) == ["a", "b", "c"]


def test_does_not_repeat_what_was_spent_before():
    assert drive(["a", "b"], {"b": "failed"}, prior=[Attempt("a", "timed_out")]) == ["b"]


def test_nothing_to_try():
    assert drive([], {}) == []
