// The dialogs about the account and this device: settings, devices, invitations, password, sign-out; and the search.

import { escapeTag, formatTime, isChannel } from "../line.js";
import { isSaid, said } from "../reading.js";
import { OFFLINE, errorOf, textOf } from "../replies.js";
import { store } from "../store.js";
import { words } from "../text.js";
import { endHere, passwordChanged } from "./device.js";
import { avatar, bdi, button, h, secretField, shortTime } from "./dom.js";
import { checkbox, field, list, loading, modal, question, submitButton } from "./modal.js";

const RESULTS_PAGE = 50;

function settings(app) {
	const { notifier } = app;
	const turn = async ({ target }) => {
		const isWanted = target.checked;
		target.checked = await notifier.turn(isWanted);
		if (isWanted && !target.checked) app.toast("The browser does not allow notifications of this page. Change it in the browser's settings.");
	};
	const devices = h("div", loading(app));
	const go = (label, kind, classes) => button(label, () => app.dialog(kind), classes);
	modal(
		app.session.nick,
		notifier.isSupported && checkbox("Notify me of direct messages and mentions", notifier.isOn, turn).node,
		h("h3", "Devices"), devices,
		h("h3", "Account"),
		h("div.buttons.start", go("Invite somebody…", "invitation"), go("Change the password…", "password"), go("People whom you block", "blocked"), go("Help", "help"), go("Sign out…", "signOut", ".button.danger-text")),
	);
	showDevices(app, devices);
}

function showDevices(app, node) {
	app.ask("TOKEN", ["LIST"], { quiet: true }, (reply) => {
		const own = store.own?.id;
		const rows = reply.messages.filter(({ verb, params }) => verb === "TOKEN" && params.length > 4).map(({ params: [id, , used, current, ...more] }) => {
			const isThis = current === "1" || id === own;
			const under = isThis ? "this device" : used === "*" ? "not used yet" : `last used ${shortTime(Date.parse(used))}`;
			const remove = () => app.ask("TOKEN", ["DEL", id], { what: "Signing the device out" }, () => showDevices(app, node));
			return { name: more[more.length - 1], under, end: isThis ? null : button("Sign out", remove) };
		});
		node.replaceChildren(list(rows, errorOf(reply) ? "This server keeps no list of devices." : "No device stays signed in."));
	});
}

/** Make a link for somebody new, who then joins a channel too, if there is one. */
function invitation(app, channel = "") {
	const { body } = modal("Invite somebody", loading(app));
	app.ask("INVITATION", ["ADD", ...(channel ? [`join=${channel}`] : [])], { quiet: true }, (reply) => {
		const added = reply.messages.find(({ verb, params }) => verb === "INVITATION" && params[0] === "ADDED");
		const error = errorOf(reply);
		if (!added) return body.replaceChildren(h("p.error", { role: "alert" }, error ? textOf(error) : "The server made no link."));
		const value = placed(added.params[added.params.length - 1]);
		const link = h("input", { readOnly: true, "aria-label": "Link of the invitation", dir: "ltr", value, onfocus: () => link.select() });
		const copy = async () => {
			link.focus();
			await navigator.clipboard?.writeText(link.value).then(() => app.toast("The link is copied."), () => app.toast("Copy the selected link."));
		};
		const joins = channel && ` and join ${channel}`;
		body.replaceChildren(h("p", `This link lets one person make an account${joins} within a week. Send it only to that person.`), link, button("Copy", copy));
		return link.focus();
	});
}

/** Returns a link with the address at which the page is open here, unless that is another one on each machine. */
function placed(link) {
	const isOwn = location.protocol === "http:" || /^(localhost|127\.|\[::1)/.test(location.hostname);
	return isOwn ? link : link.replace(/^https:..[^/]+/, location.origin);
}

function password(app) {
	const secret = (label, id, attributes) => {
		const { input, node } = secretField({ id, ...attributes });
		return { input, node: h("div.field", h("label", { for: id }, label), node) };
	};
	const name = h("input", { autocomplete: "username", value: app.session.nick, readOnly: true, hidden: true }); // for password managers
	const old = secret("Your password now", "old", { autocomplete: "current-password" });
	const fresh = secret("New password (at least 8 characters)", "fresh", { autocomplete: "new-password", minlength: 8 });
	const error = h("p.error", { role: "alert" });
	const encode = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
	const dialog = question("Change your password", "Your other devices are signed out.", "Change it", [name, old.node, fresh.node, error], () => {
		const isAsked = app.ask("PASSWD", [encode(old.input.value), encode(fresh.input.value)], { quiet: true }, (reply) => {
			const refused = errorOf(reply);
			error.textContent = refused ? textOf(refused) : "";
			if (refused) return;
			dialog.close();
			passwordChanged(app, fresh.input.value);
		});
		if (!isAsked) error.textContent = OFFLINE;
		return false;
	});
}

function signOut(app) {
	const waiting = app.session.outbox.entries.length;
	const lost = waiting ? ` Messages of yours that are not sent (${waiting}) are lost.` : "";
	const away = store.own && !app.session.ready ? ` There is no connection now. Until this browser has one and opens this page, it keeps the token of this device, so that the server can revoke it. If that does not happen soon, sign this browser out on another device: in the settings, under Devices.` : "";
	question("Sign out?", `This browser then keeps nothing of your account. You stay a member of your channels, and get later what people write to you.${away}${lost}`, "Sign out", [], () => endHere(app));
}

function deletion(app, message) {
	const whose = message.own ? "your message" : `the message of ${message.sender}`;
	const reason = field("Reason (everybody can read it)", { maxlength: 200 });
	const sentence = `This deletes ${whose} for everybody and for good: “${words(message.text, 120)}”`;
	const dialog = question("Delete the message?", sentence, "Delete", message.own ? [] : [reason.node], () => app.do((session) => session.redact(message.conversation, message.id, reason.input.value.trim())));
	app.onErased = (id) => id === message.id && dialog.close();
}

/** Search the messages, and jump to one. */
function search(app, typed = "") {
	const input = h("input", { type: "search", "aria-label": "Search messages", value: typed, dir: "auto" });
	const results = h("ul.rows");
	const status = h("p.hint", { role: "status" }, "Words, \"a phrase\", from:alice, in:#channel");
	const older = button("Show older", () => find(shown[shown.length - 1].time));
	const submit = (event) => { event.preventDefault(); find(); };
	const dialog = modal("Search", h("form.with-button", { onsubmit: submit }, input, submitButton("Search")), status, results, older);
	let shown = [];
	older.hidden = true;
	app.onErased = (id) => {
		shown = shown.filter((each) => each.id !== id);
		results.replaceChildren(...shown.map(result));
	};
	function find(before = 0) {
		const text = input.value.trim();
		if (!text) return;
		if (!before) shown = [];
		const until = before ? `before=${formatTime(before)};` : "";
		const isAsked = app.session.ready && app.ask("SEARCH", [`limit=${RESULTS_PAGE};${until}text=${escapeTag(text)}`], { what: "The search" }, (reply) => {
			const page = reply.messages.filter(isSaid).map((line) => said(line, app.session.nick, 0)).reverse();
			const fresh = page.filter((each) => !shown.some(({ id }) => id === each.id));
			shown.push(...fresh);
			older.hidden = page.length < RESULTS_PAGE || !fresh.length;
			results.replaceChildren(...shown.map(result));
			const isPart = reply.messages.some(({ verb }) => verb === "WARN");
			status.textContent = (shown.length === 1 ? "1 message." : shown.length ? `${shown.length} messages${older.hidden ? "" : ", the newest"}.` : "Nothing found.")
				+ (isPart ? " The server has not indexed all messages yet, so some may be missing." : "");
		});
		status.textContent = isAsked ? "Searching…" : "There is no connection. Search again later.";
	}
	function result(each) {
		const jump = () => { dialog.close(); app.jump(each); };
		const where = h("span.under", bdi(each.sender), ...whereSaid(each), `, ${shortTime(each.time)}`);
		return h("li", h("button.row.tall", { onclick: jump }, avatar(each.sender), h("span.row-name", where, h("span.found-text", { dir: "auto" }, words(each.text, 240)))));
	}
	if (typed) find();
}

function whereSaid({ conversation, own }) {
	return isChannel(conversation) ? [" in ", bdi(conversation)] : own ? [" to ", bdi(conversation)] : [" to you"];
}

export const ACCOUNT_DIALOGS = { settings, invitation, password, signOut, deletion, search };
