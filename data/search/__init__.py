"""Search: folded texts, names by pinyin, and an index of the texts of cases."""
