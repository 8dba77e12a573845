"""What the dashboard answers beside Dash: its doors to the API, sign-in, headers."""
