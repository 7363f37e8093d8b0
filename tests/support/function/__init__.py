"""What the packaged function is, and what runs in its process beside it: the application, and a witness of its calls."""
