"""One module a page: ``layout`` draws it, ``register`` keeps it fresh."""
