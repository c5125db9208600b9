"""Refusals about invitations to the server: INVITATION, REGISTER with one, and ``chat invite``."""

from chatapp.server.refusals.kinds import Standard

# The code that somebody shows. Whoever has a code that was never right learns nothing from the answer.
NO_SUCH_INVITATION = Standard(
    "INVALID_INVITATION", "There is no such invitation. Check that the link is whole, or ask for a new one."
)
INVITATION_EXPIRED = Standard("INVITATION_EXPIRED", "This invitation has expired. Ask for a new one.")
INVITATION_USED_UP = Standard(
    "INVITATION_USED_UP",
    "This invitation has been used as often as it may be. Ask for a new one. If you have an account, sign in.",
)
INVITATION_REVOKED = Standard("INVITATION_REVOKED", "This invitation was taken back. Ask for a new one.")
NOBODY_SIGNS_UP = Standard("DISALLOWED", "Nobody can sign up here by themselves, not even with an invitation.")
HAS_ACCOUNT = Standard("ALREADY_AUTHENTICATED", "You have an account; an invitation is for somebody new.")

# REGISTER without one
NEED_INVITATION = Standard(
    "NEED_INVITATION",
    "You need an invitation to sign up here. Ask somebody who is here for its link, then: chat connect LINK,"
    " or /quote INVITATION LINK and then /quote REGISTER NAME * PASSWORD.",
)
SIGN_UP_INVITED = (
    "If you have no account yet but an invitation, chat connect LINK makes one, and so do"
    " /quote INVITATION LINK and then /quote REGISTER NAME * PASSWORD."
)

# Making, listing and revoking
ACCOUNT_FIRST = Standard("NEED_ACCOUNT", "Sign in to an account first.")
ADMINISTRATORS_INVITE = Standard(
    "NOT_ALLOWED",
    "Only administrators make invitations here. Ask one, or who runs this server (chat serve --invites members).",
)
CANNOT_INVITE_NOW = Standard("NOT_ALLOWED", "Your account cannot make invitations now.")
INVITE_TO_OWN_CHANNELS = Standard("NOT_ALLOWED", "You can invite only to channels that you are in.")
INVITE_ONLY_BY_HALFOP = Standard(
    "NOT_ALLOWED", "Only half-operators and higher roles invite to an invite-only channel."
)
INVITATIONS_FULL = Standard(
    "LIMIT_REACHED",
    "There are as many invitations as there may be. Revoke one first: INVITATION LIST, INVITATION DEL.",
)
UNUSABLE_INVITATION = Standard("INVALID_PARAMS", "{why}")
NOT_YOUR_INVITATION = Standard("NO_SUCH_INVITATION", "You have no such invitation. INVITATION LIST shows them.")

# What an invitation cannot be, for the {why} of a command and for ``chat invite``
INVITATION_USES = "An invitation is for 1 to {most} people."
INVITATION_TOO_LONG = "An invitation is good for a year at most."
INVITATION_CHANNELS = "An invitation is to {most} channels at most."
INVITATION_TOO_LARGE = "That is more than an invitation can be."
CHANNEL_TO_JOIN = "There is no channel {name}. Make it first, by joining it."
CHANNEL_GONE = "There is no such channel."
SIGN_UP_CLOSED_TO_ALL = (
    "Nobody can sign up here, not even with an invitation. Who runs the server can change that: chat sign-up invite"
)
# What only ``chat`` says
NO_INVITATION_NUMBERED = "There is no such invitation. chat invites lists them."
INVITATIONS_FULL_NOW = "There are as many invitations as there may be. Revoke some first (chat invites)."
