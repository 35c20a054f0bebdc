"""What a problem is: phases with named states and controls, the mesh, options and tolerances."""
