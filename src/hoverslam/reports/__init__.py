"""How finished numbers are shown: tables, pictures, files and the verbs that every result has. Knows no subject."""
