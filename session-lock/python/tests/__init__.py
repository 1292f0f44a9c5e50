"""Tests of the package; run them by `python -m unittest discover -t . -s tests`."""
