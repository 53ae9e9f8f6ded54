"""What the pages other than the cockpits show, one module a page: the rows behind a number, one case, a number's
passport, why it changed, the dictionary, the data. `words` and `shared` serve all of them."""
