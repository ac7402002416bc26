"""Training for several seeds.

An epoch as one compiled call, the optimizer, repeatable dropout, logs.
"""
