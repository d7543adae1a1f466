"""What `xianbao doctor` looks at: the machine, the store, what the nights came to, the Prefect server. Nothing is
written or mended here, and no lock is taken. Does not belong here: how it is shown (`flows/cli/doctor.py`).
"""
