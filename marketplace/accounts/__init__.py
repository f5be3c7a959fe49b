"""Accounts: people, the organisations they belong to, and their roles."""
