"""The tiles under the map: the office's own service, fetched by this server and kept on its disk."""
