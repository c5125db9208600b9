// Revokes the device tokens of accounts that have signed out in this browser while there was no connection.

import { format, parse } from "./line.js";
import { SignIn } from "./signin.js";
import { store } from "./store.js";

let running = false;

/** Signs in with each of these tokens to revoke it, on a connection of its own; then it is no longer kept here. */
export function revoke(url) {
	const [first] = store.revoked();
	if (!first || running) return;
	running = true;
	const socket = new WebSocket(url, ["text.ircv3.net"]);
	const signIn = new SignIn();
	let done = false;
	const flush = () => signIn.out.splice(0).forEach(([verb, params]) => socket.send(format(verb, params)));
	signIn.submit({ name: first.name, secret: first.token, kind: "token" });
	socket.onopen = () => {
		signIn.opened();
		flush();
	};
	socket.onmessage = ({ data }) => {
		const message = parse(data);
		const wasDone = signIn.done;
		signIn.take(message);
		if (signIn.done && !wasDone) signIn.send("TOKEN", "DEL", first.id);
		flush();
		const [answer, code] = message.params;
		const isRevoked = message.verb === "TOKEN" && answer === "REMOVED";
		const isUnknown = message.verb === "FAIL" && answer === "TOKEN" && code === "NO_SUCH_TOKEN";
		const isRefused = signIn.events.some((event) => event.type === "gone" || (event.type === "refused" && event.code === "904"));
		if (!isRevoked && !isUnknown && !isRefused) return;
		done = true;
		store.keepRevoked(store.revoked().filter(({ token }) => token !== first.token));
		socket.close();
	};
	socket.onclose = () => {
		running = false;
		if (done) revoke(url);
	};
}
