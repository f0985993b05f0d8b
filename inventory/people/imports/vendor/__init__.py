"""Files that vendors' own systems export: their columns are mapped by a person, seen before anything is written."""
