// This device: it stays signed in by a token, and signs out.

import { errorOf } from "../replies.js";
import { store } from "../store.js";

const SIGN_OUT_MAX_MS = 3000; // of the answer to a sign-out

/** Asks for a token of this device, with which it stays signed in. */
export function keepToken(app) {
	const { session } = app;
	session.ask("TOKEN", ["ADD", "here", deviceName()], { quiet: true }, (reply) => {
		const added = reply.messages.find(({ verb, params }) => verb === "TOKEN" && params[0] === "ADDED");
		if (!added) return;
		const [, id, token] = added.params;
		const { known } = session.signIn;
		store.keepAccount({ name: session.nick, token, id, known });
		session.signIn.credentials = { name: session.nick, secret: token, kind: "token", known };
		app.stays = true;
		app.keepPlace();
	});
}

/** Keeps what the server offers, if that has changed. */
export function keepOffers({ session: { signIn } }) {
	const kept = store.account();
	if (!kept || signIn.credentials?.kind !== "token" || String(kept.known) === String(signIn.known)) return;
	store.keepAccount({ ...kept, known: signIn.known });
	signIn.credentials.known = signIn.known;
}

export function passwordChanged(app, password) {
	const { signIn, nick } = app.session;
	app.toast("Your password is changed.");
	if (signIn.credentials?.kind === "token") return; // the server keeps the token of this connection
	signIn.credentials = { name: nick, secret: password, kind: "password" };
	if (app.stays) keepToken(app);
}

export async function endHere(app) {
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
