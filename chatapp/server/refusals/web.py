"""What HTTP is not answered, and why a WebSocket does not open or is closed."""

# Requests
NOT_VALID_HTTP = "The request is not valid HTTP."
AMBIGUOUS_REQUEST = "The request has a line that does not end with CR LF, or is folded."
REQUEST_TOO_LONG = "The request is too long."
REQUEST_WITH_CONTENT = "A request has no content here."
TOO_MANY_REQUESTS = "Too many requests. Try again soon."
NOT_HTTP_1 = "This server speaks HTTP/1.1."
USE_HTTPS = "Use TLS: {url}"
USE_GET = "Ask with GET."
NOTHING_HERE = "There is nothing here. The page is at /"
NO_WEB = "There is no web page here. Connect with an IRC client, or with chat connect."

# WebSockets
NOT_A_HANDSHAKE = "This is not a valid WebSocket handshake."
FOREIGN_PAGE = "This WebSocket is only for the page of this server."
ONLY_A_WEBSOCKET = "This is the address of a WebSocket."
OTHER_KIND_OF_MESSAGE = "Send the kind of messages that was negotiated."
MESSAGE_NOT_UTF8 = "A text message must be UTF-8."
