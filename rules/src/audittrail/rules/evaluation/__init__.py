"""The constitution: rules over what agents do, read, compiled and judged.

``rule`` is the format, ``conditions`` its language, ``rule_files`` reads it, ``judge`` is what says
whether a rule is broken. Nothing is imported here: the process that judges needs no YAML and no
SQL parser.
"""
