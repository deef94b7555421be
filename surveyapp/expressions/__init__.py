"""The XForms expression language: parsed once, compiled to closures, evaluated on the tree of a record."""
