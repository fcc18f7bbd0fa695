"""The command line: the app, its commands, and what they show; a command is imported only when it runs."""
