"""Which claims of the papers, or of a user, the results of a run confirm."""
