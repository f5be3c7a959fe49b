"""The desk: what a signed-in person keeps here: own listings, drafts and their forms."""
