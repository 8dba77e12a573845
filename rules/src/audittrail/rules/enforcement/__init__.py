"""Rules in force: which they are, and judging by them what arrives and what is stored."""
