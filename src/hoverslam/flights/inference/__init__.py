"""What published payloads, masses, thrusts and events imply for the uncertain figures of a vehicle file."""
