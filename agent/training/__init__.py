"""How the heads of the models are trained and measured."""
