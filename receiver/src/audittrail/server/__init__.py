"""The server put together: settings, processes, the command line."""
