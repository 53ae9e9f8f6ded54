"""Who is asking, and what they may see: the gate before the server, the guard of the pages, the login."""
