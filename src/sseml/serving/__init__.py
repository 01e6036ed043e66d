"""The endpoint: one Starlette app takes requests, and processes of their own score them."""
