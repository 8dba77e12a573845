"""Who may do what: users, passwords, tokens and API keys.

``service`` is what a server asks; ``registration`` and ``keys`` are what an operator's command
needs of it.
"""
