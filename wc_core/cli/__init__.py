"""What the command line is made of, beside its commands in `wc_core.__main__`."""
