"""What people look at: tables and figures, made from what other jobs have measured."""
