"""Why a pair has its score, what else is known of it, and one sentence that says so.
Not here: the score (ranking), the grade (judging).
"""
