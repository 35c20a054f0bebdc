"""What a kilogram costs: the study of one flight, and the rows of a comparison."""
