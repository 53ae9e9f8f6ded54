"""Authentication and authorization: the gate in front of the server, the page guard and the login."""
