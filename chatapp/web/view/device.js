// This device: it stays signed in by a token, and signs out.

import { errorOf } from "../replies.js";
import { store } from "../store.js";

const SIGN_OUT_MAX_MS = 3000; // of the answer to a sign-out

/** Asks for a token of this device, with which it stays signed in. */
export function keepToken(app) {
	const { session } = app;
	const keep = (account) => {
		store.keepAccount(account);
		session.signIn.credentials = { name: session.nick, secret: account.token, kind: "token", known: account.known };
		app.keepPlace();
	};
	const kept = store.account();
	if (kept?.name === session.nick) return keep(kept); // another tab has signed in meanwhile
	return session.ask("TOKEN", ["ADD", "here", deviceName()], { quiet: true }, (reply) => {
		const added = reply.messages.find(({ verb, params }) => verb === "TOKEN" && params[0] === "ADDED");
		if (added) keep({ name: session.nick, id: added.params[1], token: added.params[2], known: session.signIn.known });
	});
}

/** Keeps what the server offers, if that has changed. */
export function keepOffers({ session: { signIn } }) {
	if (!store.stays || !signIn.credentials || String(store.own.known) === String(signIn.known)) return;
	store.keepAccount({ ...store.own, known: signIn.known });
	signIn.credentials.known = signIn.known;
}

export function passwordChanged(app, password) {
	const { signIn, nick } = app.session;
	app.toast("Your password is changed.");
	if (signIn.credentials?.kind === "token") return; // the server keeps the token of this connection
	signIn.credentials = { name: nick, secret: password, kind: "password" };
}

export async function endHere(app) {
	const { own } = store;
	const clear = store.leave();
	app.notifier.closeAll();
	app.ended = true;
	if (own) {
		store.keepRevoked([...store.revoked(), own]);
		await revokeOwn(app, own);
	}
	app.do((session) => session.quit());
	await clear();
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
		setTimeout(resolve, isAsked ? SIGN_OUT_MAX_MS : 0);
	});
}

/** Has the server revoke the tokens of accounts that signed out here while there was no connection. */
export async function revokeTokens(app) {
	if (!store.revoked().length) return;
	const { revoke } = await app.later();
	revoke?.(app.socket.url);
}

function deviceName() {
	const find = (names) => names.find((name) => navigator.userAgent.includes(name)) ?? "";
	const browser = find(["Firefox", "Edg", "OPR", "Chrome", "Safari"]).replace("Edg", "Edge").replace("OPR", "Opera");
	return [browser || "Browser", find(["Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux"])].filter(Boolean).join(" on ");
}
