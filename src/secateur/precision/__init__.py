"""How precise each layer of a file is: what each choice costs, and the cheapest that will do."""
