"""What a contract brings: payments, milestones, and how what was received is shared."""
