"""Control flow and data flow: inside a function, and across functions and files by summaries."""
