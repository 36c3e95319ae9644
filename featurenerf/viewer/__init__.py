"""An interactive viewer in the browser: two objects in 2D and 3D, and matches for what is clicked."""
