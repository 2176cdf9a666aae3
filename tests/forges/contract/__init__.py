"""What every forge promises, asked of real servers and of fakes in the same words."""
