"""Accounts: people, their sign-in, their roles and their places in organisations."""
