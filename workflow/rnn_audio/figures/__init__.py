"""Figures for print, as vector and pixel files that are the same at every run; a module for each kind."""
