"""Commands of administrators: accounts, tokens, keys, audit and backup."""
