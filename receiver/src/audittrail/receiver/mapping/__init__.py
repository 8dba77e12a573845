"""Mapping: from the attributes of any dialect to the one span model.

``dialects/`` holds a declarative module a dialect; ``engine`` applies them all.
"""
