"""Verdicts: interested or unsuitable, by whom and on which list; what they change, and how good matching is by them."""
