"""One self-contained page about a list of answers: contents in Python, drawing in the browser."""
