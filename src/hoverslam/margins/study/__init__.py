"""The margin of one recovery, its curve in a file, and further questions."""
