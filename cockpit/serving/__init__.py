"""What stands between the network and the application: limits of connections, requests, uploads and queries."""
