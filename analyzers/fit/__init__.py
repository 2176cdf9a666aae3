"""Whether what is given fits what takes it: the arguments of calls, and of texts."""
