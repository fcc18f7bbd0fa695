"""Images: folders, archives and files of them, from bytes to arrays."""
