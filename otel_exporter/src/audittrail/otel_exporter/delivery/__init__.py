"""From spans to acknowledged requests: encoded, split, kept on disk while the server is away."""
