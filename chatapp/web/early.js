// Begins what takes time while the page is still loading: the connection, which socket.js takes (the server waits for us to
// speak), and the data for writing times, which a browser loads when it needs them for the first time.

window.early = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws`, ["text.ircv3.net"]);
setTimeout(() => new Intl.DateTimeFormat([], { timeStyle: "short" }).format());
