"""Awkward requests, by the thousand: every page and form of the site with values nobody means.

    python -m tests.fuzz --requests 2000 --seed 7 [--database postgresql://…]

`test_fuzz.py` walks a short, fixed part of it with every run of the tests.
"""
