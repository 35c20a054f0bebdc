"""The guided recovery: entry, glide and landing laws, and the plans that they follow."""
