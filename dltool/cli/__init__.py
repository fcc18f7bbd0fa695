"""The command line: the app, its commands and their output. Each command is imported only when it runs."""
