"""Prefect tasks, thin: a name, retries for what may pass, and one call into the rooms below.

Tasks hand one another a `Run` and leave what they make in its work folder: results stay small, and a task that is
run again finds its input as it was. Does not belong here: anything that works on data itself.
"""
