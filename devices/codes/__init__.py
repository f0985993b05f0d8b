"""From what is printed on a thing, or held in its tag, to the identity it names. Pure. Door: `identify`."""
