"""Where the bodies of a launch that are not recovered fall: impact points, and the ellipses around them."""
