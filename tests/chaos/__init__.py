"""Trials under fire: everything is killed, frozen and restarted while people write and read. Run by hand and by CI.

No test that pytest collects lives here; `python -m tests.chaos` ends with 1 where a promise was broken.
"""
