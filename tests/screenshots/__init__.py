"""Pictures of every page for a person to look at: ``make screenshots``."""
