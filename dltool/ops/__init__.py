"""What networks are computed with: each op states its shape rule, its gradient rule and how its work is cut."""
