"""The auditor: a second reading of the law, naive and slow, that shares no code with the gate.

It takes what was done and says which rules it broke. The rulebooks are the JSON that ships, read key by key; every
question is answered by looking at the whole history. What the two readings share are values: contacts, outcomes,
channels and the terms of the docket. A test of the code's health keeps it so.
"""
