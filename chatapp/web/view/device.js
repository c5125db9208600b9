// This device: it stays signed in by a token, and signs out.

import { errorOf } from "../replies.js";
import * as store from "../store.js";

const ANSWER_MAX_MS = 3000; // of the answer to a sign-out

/** Asks for a token of this device, with which it stays signed in. */
export function keepToken(app) {
	const { session } = app;
	session.ask("TOKEN", ["ADD", "here", deviceName()], { quiet: true }, (reply) => {
		const added = reply.messages.find(({ verb, params }) => verb === "TOKEN" && params[0] === "ADDED");
		if (!added) return;
		const [, id, token] = added.params;
		store.keepAccount({ name: session.nick, token, id });
		session.signIn.credentials = { name: session.nick, secret: token, kind: "token" };
		app.stays = true;
		app.keepPlace();
	});
}

export function passwordChanged(app, password) {
	const { signIn, nick } = app.session;
	app.toast("Your password is changed.");
	if (signIn.credentials?.kind === "token") return; // the server keeps the token of this connection
	signIn.credentials = { name: nick, secret: password, kind: "password" };
	if (app.stays) keepToken(app);
}

export async function signOut(app) {
	const known = store.account();
	app.stays = false;
	app.ended = true;
	if (known) {
		store.keepRevoked([...store.revoked(), known]);
		await revokeOwn(app, known);
	}
	app.do((session) => session.quit());
	await store.clear();
	app.socket.close();
	location.replace(location.pathname);
}

/** Asks the server to revoke a token of ours, and waits a moment for its answer. */
function revokeOwn(app, { id, token }) {
	return new Promise((resolve) => {
		const isAsked = app.ask("TOKEN", ["DEL", id], { quiet: true }, (reply) => {
			if (!errorOf(reply)) store.keepRevoked(store.revoked().filter((each) => each.token !== token));
			resolve();
		});
		setTimeout(resolve, isAsked ? ANSWER_MAX_MS : 0);
	});
}

/** Has the server revoke the tokens of accounts that signed out here while there was no connection. */
export async function revoke(app) {
	if (!store.revoked().length) return;
	const loaded = await import("../revoke.js").catch(() => null);
	loaded?.revoke(app.socket.url);
}

function deviceName() {
	const find = (names) => names.find((name) => navigator.userAgent.includes(name)) ?? "";
	const browser = find(["Firefox", "Edg", "OPR", "Chrome", "Safari"]).replace("Edg", "Edge").replace("OPR", "Opera");
	return [browser || "Browser", find(["Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux"])].filter(Boolean).join(" on ");
}
