"""What an operator may change: settings and the models of libraries."""
