"""Who is told when a night goes wrong: alerts as data, brought to a Prefect server as automations and blocks.

Belongs here: which events are told, in which words, by which channels; bringing that to the server; trying it. Does not
belong here: what emits the events, and commands that a person types (`flows/cli/`).
"""
