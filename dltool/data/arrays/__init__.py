"""Arrays as files hold them: what values and which axes they have."""
