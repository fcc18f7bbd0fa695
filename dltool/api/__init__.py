"""What Python programs and notebooks use: `import dltool`. The names are listed in `dltool/__init__.py`."""
