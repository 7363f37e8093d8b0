"""Whose credentials: the session that Zappa opens, where its credentials come from, what they tell, and what is wrong.

`profiles` reads both files, `choice` says which session is opened, `providers` where its credentials come from, `key_text` and
`traps` what is bound to fail, `failures` what did, `facts` what the credentials decide of a request. All but the reading and
the failing is pure.
"""
