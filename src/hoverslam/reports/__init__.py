"""Output of results: tables, pictures, files and the verbs that every result has, for any subject."""
