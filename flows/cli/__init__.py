"""The command line `xianbao`: its commands and options.

Belongs here: reading options, calling one operation, choosing an exit code. Does not belong here: how a result looks
(`flows.cli.views`), the operation itself.
"""
