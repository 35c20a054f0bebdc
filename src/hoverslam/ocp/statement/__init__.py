"""Statement of a problem: phases with named states and controls, the mesh, options and tolerances."""
