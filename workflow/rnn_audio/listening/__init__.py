"""Listening tests of device models: stimuli, pages to hold a test with, and the analysis of its results."""
