"""Listings: achievements and demands, their life from draft to archive, and their copy in the search index."""
