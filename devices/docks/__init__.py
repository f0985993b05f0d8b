"""What docks and chargers have in common, and their longer formats."""
