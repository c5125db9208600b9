// What the page does when the session tells that something happened, as a table: type of the event -> action.

import { isChannel, isSame } from "../line.js";
import { nameList, sentence } from "../reading.js";
import { words } from "../text.js";
import { keepOffers, keepToken } from "./device.js";

const LATER_MS = 1500;
const TOKEN_END = /\/tokens del \S+$/;

function end(app, text) {
	app.ended = true;
	app.socket.close();
	app.refuse(text);
}

function signedIn(app, { again }) {
	const { entrance, ui } = app;
	if (entrance && app.wantsToStay) keepToken(app);
	else keepOffers(app);
	if (location.hash) history.replaceState(null, "", location.pathname);
	if (entrance) ui.screen = "chat";
	app.showShell();
	app.openFirst(entrance?.invitation?.channels[0] ?? ui.open);
	if (again) app.shell.announce("Connected again.");
	setTimeout(() => app.later(), LATER_MS);
	if (entrance) app.focusComposer();
}

function onSaid(app, { message }) {
	const { conversation, sender, text, own, time } = message;
	const isOpen = isSame(conversation, app.ui.open);
	app.notifier.said(message);
	if (own) {
		if (isOpen) app.ui.divider = null;
		return;
	}
	const where = isOpen ? "" : isChannel(conversation) ? ` in ${conversation}` : " to you";
	if (isOpen || !isChannel(conversation) || app.isMentioned(text)) app.shell?.announce(`${sender}${where}: ${words(text, 300)}`);
	if (isOpen && !app.isWatching(conversation)) app.ui.divider ||= time - 1;
}

/** Shows what the server says. How to revoke a token, which it says in the words of a command, is in the page's words. */
function onNotice(app, { text, early }) {
	if (early && app.shell) return;
	const said = text.replace(TOKEN_END, "sign that device out in your settings.");
	app.toast(said, said === text ? null : { label: "Settings", run: () => app.dialog("settings") }, true);
}

export const EVENTS = {
	invitation: (app, event) => app.entrance?.invited(event),
	"invitation-refused": (app, { text }) => app.entrance?.notInvited(text),
	lookup: (app, event) => app.entrance?.looked(event),
	refused: (app, event) => {
		if (event.kind === "token") app.refuse("This device is no longer signed in. Sign in again.");
		else if (app.entrance) app.entrance.refused(event);
		else app.refuse(event.text);
	},
	again: (app) => app.socket.again(),
	unusable: (app, { text }) => {
		app.ended = true;
		app.socket.close();
		app.toast(text);
	},
	gone: (app, { text }) => end(app, text),
	"signed-out": (app, { text }) => app.refuse(text),
	"signed-in": signedIn,
	said: onSaid,
	acted: (app, { channel, act }) => act.own || !isSame(channel, app.ui.open) || app.shell?.announce(sentence(act, app.session.nick)),
	unread: ({ ui, shell }, { name, since }) => isSame(name, ui.open) && shell?.messages.missed(since),
	erased: (app, { id }) => {
		app.shell?.live.replaceChildren();
		app.notifier.erased(id);
		if (app.ui.replyTo?.id === id) {
			app.ui.replyTo = null;
			app.toast("The message that you answer was deleted.");
		}
		app.onErased?.(id);
	},
	marked: (app, { name }) => {
		app.notifier.marked(name);
		// What was kept may be older than what was read: on another device, or just before the page was closed.
		if (!app.session.wasReady && isSame(name, app.ui.open)) app.ui.divider = app.found.unread && app.found.readUntil;
	},
	"not-sent": (app, { target, reason }) => isSame(target, app.ui.open) || app.toast(`Not sent to ${target}: ${reason}`),
	"not-done": (app, { what, text }) => app.toast(what ? `${what}: ${text}` : text),
	"not-corrected": (app, { name, id, text }) => {
		const editing = app.conversations.get(name)?.history.byId.get(id);
		if (!editing || !app.shell) return;
		const again = () => app.compose({ editing }, text);
		if (app.shell.composer.isFree(name)) return again();
		return app.toast(`Not corrected in ${name}: ${text}`, { label: "Edit again", run: () => { app.open(name); again(); } }, true);
	},
	notice: onNotice,
	// A short answer is a sentence; a long one stays in a dialog until somebody has read it.
	answer: (app, { what, lines }) => (lines.length > 1 ? app.dialog("answer", what || "The server says", lines) : app.toast(lines[0], null, true)),
	// What was joined on another device comes into the list only: somebody may be typing here.
	joined: (app, { channel, asked }) => (asked || !app.found) && app.open(channel),
	left: (app, { channels, own }) => {
		if (!own) app.toast(`You are no longer in ${nameList(channels)}.`, null, true);
		for (const each of channels) app.close(each);
	},
	kicked: (app, { channel, by, reason }) => {
		app.toast(`You were removed from ${channel}${by && " by "}${by}${reason && ": "}${reason || "."}`, null, true);
		app.close(channel);
	},
	renamed: (app, { channel, name }) => {
		if (!isSame(channel, app.ui.open)) return;
		app.ui.open = name;
		app.shell?.composer.rename(name);
	},
	// Who is invited to many channels at once reads their number in the list of conversations.
	invited: (app, { channel, by }) => app.session.invitations.open.length > 3 || app.toast(`${by} invites you to ${channel}.`, { label: "Join", run: () => app.join(channel) }),
	closing: (app, { text }) => app.toast(text),
};
