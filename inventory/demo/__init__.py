"""The demonstration force: a fictional, Kent-sized force, made by arithmetic from a seed and a day."""
