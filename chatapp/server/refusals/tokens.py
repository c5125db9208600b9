"""Refusals about device tokens: TOKEN, ``chat tokens``, and the commands of a session with a restricted token."""

from chatapp.server.refusals.kinds import Standard

# TOKEN
GUEST_HAS_NO_TOKENS = Standard("NEED_ACCOUNT", "A guest has no tokens. Make an account first (REGISTER).")
UNUSABLE_TOKEN_NAME = Standard("INVALID_NAME", "{why}")
UNUSABLE_TOKEN_TARGET = Standard("INVALID_TARGET", "{why}")
TOKENS_FULL = Standard(
    "LIMIT_REACHED", "Your account has as many tokens as it may. Revoke one first: TOKEN LIST shows them."
)
NO_SUCH_TOKEN = Standard("NO_SUCH_TOKEN", "Your account has no such token. TOKEN LIST shows them.")
TOKEN_NEEDS_PASSWORD = Standard(
    "NEED_PASSWORD", "This connection signed in with a token, which makes no others. Sign in with the password first."
)
TOKEN_IS_HERE = Standard("TOKEN_EXISTS", "This connection has a token. Revoke it first: TOKEN DEL {id}")
TOKEN_NOT_NOW = Standard("TEMPORARILY_UNAVAILABLE", "Your account cannot be changed at the moment. Try again later.")
TOO_MANY_TOKEN_TARGETS = "A token is restricted to {names} names, and {most} bytes of names, at most."

# A restricted token
TOKEN_RESTRICTED = Standard("TOKEN_RESTRICTED", "The token {name} may only send to {targets}.")

# What only ``chat`` asks for
UNUSABLE_TARGETS = "The request has no usable targets."
HAS_NO_SUCH_TOKEN = "{name} has no token {token}. To see which there are: chat tokens"
NO_TOKEN_CALLED = "There is no token {token}. To see which there are: chat tokens"
SEVERAL_TOKENS = "{count} tokens are called {token}. Revoke one by its id: {ids}"
TOKENS_FULL_NOW = "{name} has as many tokens as it may have. Revoke one of them first (chat tokens)."
PASSWORD_NOT_KNOWN = "The password of {name} is not known at the moment. Try again."
REMOVED_MEANWHILE = "{name} was removed at this moment."
TOKEN_REVOKED_NOW = "The token was revoked at this moment."
