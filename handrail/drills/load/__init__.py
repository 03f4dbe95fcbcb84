"""The drill of load: a model that says no, a noisy customer, very many waiting cases, a very long case. Prints nothing."""
