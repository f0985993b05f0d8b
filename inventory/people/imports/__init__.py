"""Files of people, training, authority and kit, read in bulk."""
