"""What a constellation needs of each vehicle."""
