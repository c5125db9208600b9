"""Refusals about names and accounts: signing up and in, passwords, certificates."""

from chatapp.protocol import numerics as num
from chatapp.server.refusals.kinds import Numbered, Standard

# NICK
NO_NICK_GIVEN = Numbered(num.ERR_NONICKNAMEGIVEN, "A name is needed.")
NOT_A_NICK = Numbered(num.ERR_ERRONEUSNICKNAME, "{why}")
NICK_IN_USE = Numbered(num.ERR_NICKNAMEINUSE, "That name is taken.")
NICK_IS_ACCOUNT = Numbered(
    num.ERR_NICKNAMEINUSE, "That name belongs to an account. Sign in to it, or take another name."
)
# Not 433: clients show their own text for it, "already in use".
NICK_FIXED = Numbered(
    num.ERR_NONICKCHANGE, "You cannot change your nick: it is your account's name. To show another name, use SETNAME."
)

# Who is muted or banned in a channel changes nothing that its members would see: {why} is MUTED_ELSEWHERE.
MUTED_ELSEWHERE = (
    "The members of {channel} would see it, and you may not write there{until}. Leave it first, or ask its operators."
)
MUTED_NICK = Numbered(num.ERR_BANNICKCHANGE, "{why}")

# SETNAME: {why} is one of the texts below.
UNUSABLE_REALNAME = Standard("INVALID_REALNAME", "{why}")
REALNAME_UNSEEN = "A display name is text that can be seen."
REALNAME_TOO_LONG = "A display name has {most} bytes at most."
# {why} is MUTED_ELSEWHERE, or what is wrong with the log.
REALNAME_NOT_STORED = Standard("CANNOT_CHANGE_REALNAME", "{why}")

# AWAY

# Signing in: the welcome needs an account
SIGN_IN_FIRST = Standard(
    "ACCOUNT_REQUIRED_TO_CONNECT",
    "Sign in first: use SASL PLAIN, or send the server password as name:password (PASS). {sign_up}",
)
SIGN_IN_FIRST_WITHOUT_FAIL = Numbered(num.ERR_PASSWDMISMATCH, SIGN_IN_FIRST.text)
SIGN_UP_HERE = "If you have no account yet, /quote REGISTER NAME * PASSWORD makes one, and so does chat connect."
ASK_FOR_ACCOUNT = "If you have no account yet, ask who runs this server."

# PASS and OPER
PASSWORD_REFUSED = Numbered(num.ERR_PASSWDMISMATCH, "{why}")
WRONG_SERVER_PASSWORD = Numbered(num.ERR_PASSWDMISMATCH, "{why} Send PASS name:password again.")
TRY_AGAIN = Numbered(num.RPL_TRYAGAIN, "{why}")

# SASL
SASL_ABORTED = Numbered(num.ERR_SASLABORTED, "Signing in was given up.")
SASL_REFUSED = Numbered(num.ERR_SASLFAIL, "{why}")
SASL_TOO_LONG = Numbered(num.ERR_SASLTOOLONG, "The sign-in data is too long.")
UNKNOWN_MECHANISM = Numbered(num.ERR_SASLFAIL, "Sign in with {known}; there is no other mechanism.")
NO_CERTIFICATE_SENT = Numbered(
    num.ERR_SASLFAIL, "Your client has sent no certificate. Connect with one, or sign in with PLAIN."
)
GUEST_STAYS = Numbered(num.ERR_SASLFAIL, "You are a guest on this connection. To sign in, connect again.")
SIGNED_IN_AS_OTHER = Numbered(
    num.ERR_SASLALREADY, "You have signed in as {name} already. Connect again to sign in to another account."
)
HOW_TO_SIGN_UP = "{why} No account yet? /quote REGISTER NAME * PASSWORD"  # after 904, where everybody may sign up
FOR_OTHER_ACCOUNT = "Nobody can sign in for another account here."

# What is wrong with a password or a certificate, in every way to sign in
WRONG_PASSWORD = "The name or the password is wrong."
REMOVED_NOW = "The account was removed at this moment."
CHANGED_NOW = "The account was removed or got another password at this moment."
CERTIFICATE_OF_NOBODY = "No account has your certificate. Sign in with your password, then register it: CERT ADD."
CERTIFICATE_OF_OTHER = "Your certificate signs in to another account than the one you asked for."
CERTIFICATE_LAPSED = "Your password has changed. Sign in with it, then register your certificate again: CERT ADD."
BUSY = "Too many people are signing in at this moment. Try again in a few seconds."
NOT_YET = "You cannot sign in yet: {why}. Try again later."
ACCOUNTS_STOPPING = "The server is stopping."
ACCOUNTS_FULL = (
    "The server's disk is full, so its accounts stay as they are. Try again when its administrator has made room."
)
ACCOUNTS_UNREADABLE = "The server cannot get at its accounts at the moment. Try again later, or tell who runs it."

# REGISTER
SIGN_UP_CLOSED = Standard(
    "DISALLOWED", "Nobody can sign up here by themselves. Ask who runs this server for an account."
)
SIGNED_IN_ALREADY = Standard("ALREADY_AUTHENTICATED", "You have signed in already.")
NICK_FIRST = Standard("NEED_NICK", "Send NICK first; the account gets that name.")
ACCOUNT_IS_NICK = Standard(
    "ACCOUNT_NAME_MUST_BE_NICK", "Your account gets the name you go by. Change it first with NICK."
)
# One code for each kind of problem: {why} is one of the texts below, or what is wrong with a name or password.
BAD_ACCOUNT_NAME = Standard("BAD_ACCOUNT_NAME", "{why}")
ACCOUNT_EXISTS = Standard("ACCOUNT_EXISTS", "{why}")
WEAK_PASSWORD = Standard("WEAK_PASSWORD", "{why}")
UNACCEPTABLE_PASSWORD = Standard("UNACCEPTABLE_PASSWORD", "{why}")
TEMPORARILY_UNAVAILABLE = Standard("TEMPORARILY_UNAVAILABLE", "{why}")
NAME_HAS_ACCOUNT = "{name} has an account already. Sign in to it, or take another name."
NAME_OF_GUEST = "A guest goes by that name just now. Take another one."
TOO_MANY_SIGN_UPS = "Too many accounts were made from your address. Try again in a minute."
ACCOUNT_NOT_STORED = "No account was made. {why}"
ACCOUNT_NOT_READY = (
    "{name} has an account now, but cannot sign in yet: {why}. Sign in later, with the password that you chose."
)

# VERIFY
NO_VERIFICATION = Standard("INVALID_CODE", "No account here waits for a code. Make an account with REGISTER.")

# PASSWD
GUEST_HAS_NO_PASSWORD = Standard("NEED_ACCOUNT", "A guest has no password. Make an account first (REGISTER).")
PASSWD_PLAIN_USAGE = Standard("INVALID_PARAMS", "Nothing changed. Usage: PASSWD PLAIN <old password> :<new password>")
PASSWORD_NOT_BASE64 = Standard(
    "INVALID_PASSWORD",
    "Nothing changed: the passwords have to be Base64. To type them as they are, send PASSWD PLAIN <old> <new>,"
    " or use /passwd in chat connect.",
)
WRONG_OLD_PASSWORD = Standard("WRONG_PASSWORD", "The old password is wrong. Your password stays as it was.")
UNUSABLE_PASSWORD = Standard("INVALID_PASSWORD", "{why}")

# CERT
GUEST_HAS_NO_CERTIFICATES = Standard("NEED_ACCOUNT", "A guest has no certificates. Make an account first (REGISTER).")
NO_CERTIFICATE = Standard(
    "NO_CERTIFICATE",
    "This connection has no client certificate. Connect with TLS and with your certificate, then try again.",
)
CERTIFICATE_NEEDS_PASSWORD = Standard(
    "NEED_PASSWORD", "This connection signed in with a token. Sign in with the password first."
)
CERTIFICATE_NOT_NOW = Standard("TEMPORARILY_UNAVAILABLE", "Your account cannot be changed at the moment.")
CERTIFICATE_TAKEN = Standard("CERTIFICATE_TAKEN", "This certificate signs in to another account.")
CERTIFICATE_KNOWN = Standard("CERTIFICATE_EXISTS", "This certificate signs in to your account already.")
CERTIFICATES_FULL = Standard("LIMIT_REACHED", "Your account has as many certificates as it may. Remove one first.")
NO_SUCH_CERTIFICATE = Standard("NO_SUCH_CERTIFICATE", "Your account has no such certificate. CERT LIST shows them.")

# PERSISTENCE
GUEST_LEAVES = Standard("ACCOUNT_REQUIRED", "A guest leaves with its connection. Sign up to stay.")
PERSISTENCE_USAGE = Standard("INVALID_PARAMETERS", "Usage: PERSISTENCE SET <ON, OFF or DEFAULT>")
ACCOUNT_STAYS = Standard(  # a NOTE
    "ALWAYS_ON",
    "An account stays in its channels when it disconnects. Leave them with PART if you do not want that.",
)
