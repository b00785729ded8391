"""The words of the product as objects that check themselves. Standard library only."""
