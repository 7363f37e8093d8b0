"""The tables of what Zappa calls and what AWS authorises, and their readers.

``zappa_calls/``: for each command, the AWS API operations that Zappa makes, with which parameters, under which settings
and flags, and what happens when one is denied. Knowledge of Zappa only. ``when`` names features, ``each`` a
collection. ``on_denied``: "stops" the command; "silent": the command goes on, and ``symptom`` says what is then wrong;
"harmless": cleaning up, cosmetic, or made good by another call. ``since`` and ``until`` bound Zappa versions,
inclusive. ``only_if`` names the state of the account in which alone the call is made (`model.ResourceState`): a row
without it is for every deployment, a row with it for the second time or after settings changed. ``omitted`` keeps a call of Zappa's source in view that no command can reach, with the reason.

``authorizations/``: for one API operation with its parameters, which IAM actions on which ARNs with which condition
keys are checked, the ones nobody sees included. Knowledge of AWS only; it serves predicted and recorded calls alike.
``when`` names parameters whose presence triggers the row, ``each`` a list among them, ``{Name|filter}`` a parameter
seen through a filter. ``context``: condition keys that AWS sends; ``restrict``: those that a generated policy demands.
``dependent``: checked on AWS's own account. ``confidence``: "documented" (default), "observed", or "modelled" where
only the real AWS could tell. STS has no rows: no policy can forbid GetCallerIdentity.

``runtime/``: what the execution role needs, of Zappa and AWS together. ``[[runtime]]``: one action, who uses it, and what a
denial does: "refused" at deploy, "stops" or "silent". ``absent``: condition keys that AWS surely does not send.
``[[deny]]``: what Lambda alone needs, denied to the code. ``[[nothing]]``: what needs nothing. ``[[appended]]``: what Zappa
appends to a role that it manages. ``[[warning]]`` and ``[[untold]]``: what is told and not granted.
"""
