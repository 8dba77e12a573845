"""The dashboard: a Dash app over the REST API."""
