"""Modules of the larger architectures; everything here imports torch."""
