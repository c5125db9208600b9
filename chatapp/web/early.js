// Begins the connection while the page is still loading; socket.js takes it. The server waits for us to speak.

window.early = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws`, ["text.ircv3.net"]);
