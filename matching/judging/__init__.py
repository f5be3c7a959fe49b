"""What people's judgements are good for: grades, figures of quality, another order of one list.
Not here: the score, who judged (the marketplace's verdicts).
"""
