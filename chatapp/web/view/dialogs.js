// The dialogs about channels and people.

import { ban, kick, mute, role } from "../commands.js";
import { QUICK, matching } from "../emoji.js";
import { FLAGS, REASON_TAG, isAbout, lasting, maskWords } from "../reading.js";
import { errorOf } from "../replies.js";
import { words } from "../text.js";
import { avatar, bdi, button, h, shortTime } from "./dom.js";
import { asked, checkbox, field, list, loading, modal, question, submitButton } from "./modal.js";

const TIMES = [[0, "without an end"], [5, "for 5 minutes"], [60, "for an hour"], [1440, "for a day"], [10080, "for 7 days"]];

function form(action, ...children) {
	return h("form", { onsubmit: (event) => { event.preventDefault(); action(); } }, children);
}

/** The parameters of each line of a reply with a numeric. */
function rowsOf(reply, numeric) {
	return reply.messages.filter(({ verb }) => verb === numeric).map(({ params }) => params);
}

/** Join a channel of the list, or create one. */
function join(app, typed = "") {
	const name = field("Name of the channel", { placeholder: "#project", value: typed, maxlength: 64, autocapitalize: "none", oninput: () => draw() });
	const results = h("div", loading(app));
	const submit = submitButton("");
	const dialog = modal("Join or create a channel", form(() => go(wanted()), name.node, results, h("div.buttons", submit)));
	let channels = null;
	const wanted = () => name.input.value.trim().replace(/^#?(?=.)/, "#").replace(/[\s,]+/g, "-");
	function go(channel) {
		dialog.close();
		if (app.conversations.get(channel)) app.open(channel);
		else app.join(channel);
	}
	function draw() {
		const text = wanted().toLowerCase();
		submit.textContent = !text || channels?.some(([, each]) => each.toLowerCase() === text) ? "Join" : `Create ${wanted()}`;
		submit.disabled = !text;
		if (!channels) return;
		const found = channels.filter(([, each]) => each.toLowerCase().includes(text.slice(1)));
		results.replaceChildren(list(found.map(([, each, people, topic]) => ({
			name: each.slice(1), under: words(topic, 120), mark: h("span.hash", "#"), onclick: () => go(each),
			end: h("span.under", people === "1" ? "1 person" : `${people} people`),
		})), text ? "No channel has this name. You can create it, and are its founder then." : "There are no channels that you can see."));
	}
	draw();
	if (app.session.ready) app.ask("LIST", [], { what: "The list of channels" }, (reply) => {
		channels = rowsOf(reply, "322").sort((one, other) => other[2] - one[2]);
		draw();
	});
}

/** A dialog that opens the conversation with a name that somebody finds; returns what takes the rows, for list(). */
function finder(app, title, label, empty) {
	const field = finding(label, () => draw(), () => results);
	const results = h("div", loading(app));
	const dialog = modal(title, field.node, results);
	let rows = [];
	function draw() {
		const found = rows.filter(({ name }) => name.toLowerCase().includes(field.text));
		results.replaceChildren(list(found.map((row) => ({ ...row, onclick: () => { dialog.close(); app.open(row.name); } })), empty));
	}
	return (all) => { rows = all; draw(); };
}

/** A field that finds something; Enter takes the first button of the results. */
function finding(label, oninput, results) {
	const { input, node } = field(label, { type: "search", oninput });
	return {
		node: form(() => results().querySelector("button")?.click(), node),
		get text() { return input.value.trim().toLowerCase(); },
	};
}

/** Go to a conversation: those with unread messages come first. */
function go(app) {
	const all = [...app.conversations.all.values()].sort((one, other) => (other.unread > 0) - (one.unread > 0) || other.last - one.last);
	finder(app, "Go to a conversation", "Find a conversation", "There is no such conversation.")(all.map(({ name, unread }) => (
		{ name, end: unread ? h("span.under", `${unread} unread`) : null })));
}

/** Choose somebody to write to. */
function people(app) {
	const show = finder(app, "Write to somebody", "Find somebody", "Nobody has such a name.");
	if (app.session.ready) app.ask("WHO", ["*"], { what: "The list of people" }, (reply) => {
		const found = rowsOf(reply, "352").map(([, , , , , name, flags]) => ({ name, away: flags[0] === "G" })).filter(({ name }) => !app.isMe(name));
		found.sort((one, other) => one.away - other.away || one.name.localeCompare(other.name));
		show(found.map(({ name, away }) => ({ name, end: h("span.under", away ? "away" : "here") })));
	});
}

/** Show who somebody is, and what can be done. */
function person(app, nick) {
	const { session, found, conversations } = app;
	const facts = h("dl.facts");
	const act = (label, action, classes) => button(label, () => { dialog.close(); action(); }, classes);
	const isBlocked = session.blocked.has(nick.toLowerCase());
	const actions = app.isMe(nick) ? [] : [act("Message", () => app.open(nick)), act(isBlocked ? "Unblock" : "Block…", () => block(app, nick, isBlocked))];
	const isMember = found?.isChannel && conversations.prefixes(found.name, nick) !== null;
	const order = actions.length && isMember && app.mayOrder(found) ? orderActions(app, found.name, nick, act) : null;
	const dialog = modal(
		nick,
		h("div.person", avatar(nick), facts),
		h("div.buttons.start", actions),
		order && [h("h3", "In ", bdi(found.name)), h("div.buttons.start", order)],
	);
	app.ask("WHOIS", [nick], { quiet: true }, (reply) => {
		const fact = (term, text) => text && facts.append(h("dt", term), h("dd", { dir: "auto" }, words(text, 400)));
		const [, , , , , real] = rowsOf(reply, "311")[0] ?? [];
		fact("", real ? "" : "The server tells nothing about this name.");
		fact("Name", real === nick ? "" : real);
		fact("Now", real && (rowsOf(reply, "301")[0]?.[2] ?? "here"));
		fact("Channels", rowsOf(reply, "319").map((row) => row[2]).join(" "));
	});
}

function orderActions(app, channel, nick, act) {
	const prefixes = app.conversations.prefixes(channel, nick);
	const toggle = (change, title, sentence) => act(title, () => question(`${title}?`, sentence, title, [], () => role(app, channel, change, nick)));
	const order = (...rest) => act(`${rest[0]}…`, () => orderQuestion(app, channel, nick, ...rest), ".button.danger-text");
	return [
		/[~&@]/.test(prefixes) ? toggle("-o", "No longer an operator", `${nick} no longer keeps order in ${channel}.`)
			: toggle("+o", "Make an operator", `${nick} can then remove and ban members of ${channel}, change its settings, and make other operators.`),
		prefixes.includes("+") ? toggle("-v", "Take the voice away", `${nick} can write in ${channel} only while all members can.`)
			: toggle("+v", "Give a voice", `${nick} can then write in ${channel} even while only members with a role can write.`),
		order("Mute", (time) => `${nick} cannot write in ${channel} ${time}, but still reads it.`, mute, true, true),
		order("Remove", () => `${nick} is removed from ${channel}, and can come back. Everybody in the channel sees it.`, kick, false, true),
		order("Ban", (time) => `${nick} is removed from ${channel}, and cannot come back (${time}). Everybody in the channel sees it.`, ban, true, true),
	];
}

function orderQuestion(app, channel, nick, label, sentence, action, hasTime, hasReason) {
	const option = ([minutes, name]) => h("option", { value: minutes }, name);
	const times = field("How long", { onchange: () => { text.textContent = sentence(chosen()[1]); } }, "select", TIMES.map(option));
	const reason = field("Reason (everybody can read it)", { maxlength: 300 });
	const chosen = () => TIMES[times.input.selectedIndex];
	const text = h("span", sentence(TIMES[0][1]));
	const done = () => action(app, channel, nick, ...(hasTime ? [chosen()[0]] : []), reason.input.value.trim());
	question(`${label} ${nick}?`, text, label, [hasTime && times.node, hasReason && reason.node], done);
}

function block(app, nick, isBlocked) {
	const done = (reply) => errorOf(reply) || app.toast(isBlocked ? `You no longer block ${nick}.` : `You block ${nick} now.`);
	if (isBlocked) return app.ask("SILENCE", [`-${nick}!*@*`], { what: "Unblocking" }, done);
	const sentence = `What ${nick} writes, in channels too, no longer reaches any of your devices. ${nick} does not learn of it.`;
	return question(`Block ${nick}?`, sentence, "Block", [], () => app.ask("SILENCE", [`+${nick}!*@*`], { what: "Blocking" }, done));
}

function blocked(app) {
	asked(app, "People whom you block", ["SILENCE", []], "You block nobody.", (reply, close) => {
		const nicks = rowsOf(reply, "271").map((row) => (row[2] ?? row[1]).replace(/!\*@\*$/, ""));
		app.session.blocked = new Set(nicks.map((nick) => nick.toLowerCase()));
		return nicks.map((name) => ({ name, end: button("Unblock", () => { close(); block(app, name, true); }) }));
	});
}

const LISTS = { b: "367", e: "348" }; // the numerics of their entries
const MODES = [..."imtsW"]; // what the settings of a channel offer

const isSo = (mode) => FLAGS[mode][0].replace(/^./, (letter) => letter.toUpperCase());

/** The settings of a channel. */
function channel(app, name) {
	const found = app.conversations.get(name);
	if (!found) return;
	const mayOrder = app.mayOrder(found);
	const topic = field("Topic", { value: found.topic, maxlength: 390 });
	const topicText = h("p", { dir: "auto" }, words(found.topic, 400));
	const setTopic = () => app.ask("TOPIC", [name, topic.input.value.trim()], { what: "The topic" }, (reply) => errorOf(reply) || dialog.close());
	const topicForm = form(setTopic, topic.node, h("div.buttons", submitButton("Set the topic", "")));
	const offerTopic = (may) => {
		topicForm.hidden = !may;
		topicText.hidden = may || !found.topic;
	};
	const invitee = field("Invite somebody", { placeholder: "name", autocapitalize: "none" });
	const modes = h("div");
	const invite = () => {
		const nick = invitee.input.value.trim();
		if (nick) app.ask("INVITE", [nick, name], { what: `Inviting ${nick}` }, (reply) => {
			if (!rowsOf(reply, "341").length) return;
			invitee.input.value = "";
			app.toast(`${nick} is invited to ${name}.`);
		});
	};
	const sentence = `You are no longer a member of ${name}, on all your devices, and do not get its messages. A channel that its last member leaves is gone.`;
	const leave = () => question(`Leave ${name}?`, sentence, "Leave", [], () => app.ask("PART", [name], { what: "Leaving" }));
	const isListed = (mode, then) => app.ask("MODE", [name, mode], { quiet: true }, (reply) =>
		then(rowsOf(reply, LISTS[mode]).some((row) => isAbout(row[2], app.session.source))));
	offerTopic(mayOrder);
	const dialog = modal(
		name,
		topicText,
		topicForm,
		form(invite, invitee.node, h("div.buttons", submitButton("Invite", ""))),
		modes,
		h("div.buttons.start", button("Who is banned", () => bans(app, name)), button("Leave the channel…", leave, ".button.danger-text")),
	);
	app.ask("MODE", [name], { quiet: true }, (reply) => {
		const set = rowsOf(reply, "324")[0]?.[2] ?? "";
		const prefixes = app.conversations.prefixes(name, app.session.nick);
		const mayWrite = !set.includes("m") || prefixes;
		const forAdministrators = () => app.ask("MODE", [app.session.nick], { quiet: true }, (own) => offerTopic(rowsOf(own, "221").some((row) => row[1].includes("o"))));
		if (mayOrder || (prefixes && !set.includes("t"))) offerTopic(true);
		else if (!mayWrite || set.includes("t")) forAdministrators();
		else isListed("b", (isBanned) => (isBanned ? isListed("e", (isExcepted) => (isExcepted ? offerTopic(true) : forAdministrators())) : offerTopic(true)));
		if (!mayOrder) return;
		const change = (mode) => ({ target }) => app.ask("MODE", [name, (target.checked ? "+" : "-") + mode], { what: "The modes" });
		modes.append(h("h3", "Rules"), ...MODES.map((mode) => checkbox(isSo(mode), set.includes(mode), change(mode)).node));
	});
}

/** Who is banned from a channel or muted there, and who is excepted from that. */
function bans(app, name) {
	const rows = (reply, mode, close) => reply.messages.filter(({ verb }) => verb === LISTS[mode]).map(({ tags, params: [, , mask, by, at] }) => {
		const { name: who, mute, minutes } = maskWords(mask);
		const what = mode === "e" ? "excepted" : mute ? "muted" : "banned";
		const reason = tags[REASON_TAG] ? `: ${words(tags[REASON_TAG])}` : "";
		const setBy = by ? ` by ${by.split("!")[0]}, ${shortTime(at * 1000)}` : "";
		const under = what + lasting(minutes) + setBy + reason;
		const end = () => { close(); app.ask("MODE", [name, `-${mode}`, mask], { what: "Ending it" }); };
		return { name: who, under, end: app.mayOrder(app.conversations.get(name)) ? button("End it", end) : null };
	});
	asked(app, `Banned or muted in ${name}`, ["MODE", [name, "b"]], "Nobody is banned or muted here.", (reply, close, body) => {
		// Some servers show exceptions only to operators.
		app.ask("MODE", [name, "e"], { quiet: true }, (answer) => {
			const excepted = rows(answer, "e", close);
			if (excepted.length) body.append(h("h3", "Excepted from bans and mutes"), list(excepted));
		});
		return rows(reply, "b", close);
	});
}

const KEYS = [
	["Enter", "send; on a touch screen, a new line"], ["Control and Enter", "send"], ["Shift and Enter", "a new line"], ["Arrow up", "edit your last message"], ["Tab", "complete a name"],
	["Escape", "from the text to the messages, and back"], ["Page up, Page down", "scroll the messages"],
	["Arrows, Home, End", "move in the messages, in what can be done with a message, in the conversations and members"],
	["Control and K", "go to a conversation"], ["Alt and arrow up or down", "the conversation above or below"], ["Control, Shift and F", "search"],
	["*word*", "emphasis"], ["`code`", "code; in several lines between lines of three backticks"],
];

/** All commands, or one. */
function help(app, name = "") {
	const wanted = name.replace(/^\//, "").toLowerCase();
	const shown = app.commands.filter((row) => !row.terminal && (!wanted || row.names.includes(wanted)));
	const rows = [...(wanted ? [] : KEYS), ...shown.map((row) => [`/${row.names[0]} ${row.arguments}`, row.help])];
	modal("Help", h("dl.facts.wide", rows.map(([term, text]) => [h("dt", term), h("dd", text)])));
}

/** What the server says to a request, in several lines. */
function answer(app, title, lines) {
	modal(title, lines.map((line) => h("p", { dir: "auto" }, words(line, 400))));
}

/** Choose an emoji. */
function emoji(app, onPick) {
	const search = finding("Find an emoji", () => draw(), () => grid);
	const grid = h("div.emoji-grid");
	const dialog = modal("Emoji", search.node, grid);
	const pick = (each) => () => { dialog.close(); onPick(each); };
	function draw() {
		const { text } = search;
		const found = [...(text ? [] : QUICK.map((each) => [each, each])), ...matching(text, 240)];
		grid.replaceChildren(found.length ? "" : list([], "There is no such emoji."), ...found.map(([name, each]) => h("button.icon-button", { "aria-label": name, title: name, onclick: pick(each) }, each)));
	}
	draw();
}

export const CHANNEL_DIALOGS = { join, go, people, person, blocked, channel, topic: channel, bans, help, answer, emoji };
