"""Matchmaking: ranked matches both ways, with their reasons."""
