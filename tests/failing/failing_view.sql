SELECT i, moment, source, key, area, area_then, title FROM instants JOIN cases ON registered_at < moment
