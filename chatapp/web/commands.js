// Pure: the slash commands. `commands.json` has their names and help, as every client shows them; this has what each does.
//
// A command gets {session, ui, name, rest}: `name` is the open conversation, `rest` what was typed after the command,
// and `ui` has what only the view can do. It returns a sentence if it cannot be done so, or USAGE.

import { isChannel, isName, isSame } from "./line.js";
import { REASON_TAG } from "./reading.js";

const NAMES_MAX = 50;
const USAGE = true; // the command was typed in another form than its own
const NO_TIME = "Type the time with its unit, as 5m, 2h or 7d. A reason does not begin with a digit.";
const UNITS_S = { s: 1, m: 60, h: 3600, d: 86400, w: 604800, y: 31536000 };
const NO_MESSAGE = "There is no such message here.";

const isMask = (name) => /[!@*?~:]/.test(name);

/** Returns {command, typed, rest} of a text that is a command; null if it is a text to send. `//etc` is the text `/etc`. */
export function find(text, table) {
	const [, typed, rest] = /^\/([^\s/]\S*)\s*([\s\S]*)$/.exec(text) ?? [];
	return typed ? { typed, rest: rest.trim(), command: table.find(({ names }) => names.includes(typed.toLowerCase())) } : null;
}

/** Does what was typed after a slash; returns a sentence if it cannot be done, else an empty text. */
export function run({ command, typed, rest }, context) {
	if (!command) return `There is no command /${typed}. Type /help for all commands.`;
	const refused = ACTIONS[command.names[0]]({ ...context, rest });
	return refused === USAGE ? `Type /${command.names[0]} ${command.arguments}`.trim() : refused || "";
}

/** Reads `[#CHANNEL] NAME[,NAME ...] [text]`: {channel, names, text}; null if it has another form. */
export function members(rest, open) {
	const words = rest.replace(/\s*,\s*/g, ",").split(/\s+/);
	const channel = isChannel(words[0]) ? words.shift() : words.length === 2 && isChannel(words[1]) ? words.pop() : open;
	const names = [...new Set((words.shift() ?? "").split(",").filter(Boolean))];
	// No name of a user begins with a digit: "5m" in the place of a name is a time whose name was forgotten.
	const isRight = isChannel(channel) && names.length && names.length <= NAMES_MAX && names.every((name) => isName(name) && (!/^\d/.test(name) || isMask(name)));
	return isRight ? { channel, names, text: words.join(" ") } : null;
}

/**
 * Reads the duration that a text begins with, as "30m", "1d12h" or "for 7d": {minutes, rest}; 0 minutes if there is none, or
 * "for good". Returns null for a duration that is too long, and for a word that begins with a digit and is no duration:
 * somebody meant a time, and the act would have no end. The terminal reads the same: tests/web/times.json.
 */
export function time(text) {
	const [, good] = /^for\s+good(?!\S)\s*(.*)$/is.exec(text) ?? [];
	if (good !== undefined) return { minutes: 0, rest: good };
	const [, word, rest] = /^(?:for\s+)?([+-]?\d\S*)\s*(.*)$/is.exec(text) ?? [];
	if (!word) return { minutes: 0, rest: text };
	const parts = /^(\d{1,9}[smhdwy])+$/.test(word) ? word.match(/\d+./g) : [];
	const seconds = parts.reduce((sum, part) => sum + Number.parseInt(part, 10) * UNITS_S[part.at(-1)], 0);
	return seconds && seconds <= 10 * UNITS_S.y ? { minutes: Math.ceil(seconds / 60), rest } : null;
}

// What keeps order in a channel; the dialogs use these too. `it` has ask() and conversations, as a session has.

const mask = (name) => (isMask(name) ? name : `${name}!*@*`);
const timed = (minutes) => (minutes ? `~t:${minutes}:` : "");

function mode(it, channel, what, letters, masks, reason = "") {
	it.ask("MODE", [channel, letters, ...masks], { what, tags: reason ? { [REASON_TAG]: reason } : {} });
}

export function kick(it, channel, nick, reason = "") {
	it.ask("KICK", [channel, nick, reason].filter(Boolean), { what: `Removing ${nick}` });
}

export function ban(it, channel, nick, minutes = 0, reason = "") {
	mode(it, channel, `Banning ${nick}`, "+b", [timed(minutes) + mask(nick)], reason);
	if (it.conversations.prefixes(channel, nick) !== null) kick(it, channel, nick, reason);
}

export function mute(it, channel, nick, minutes = 0, reason = "") {
	mode(it, channel, `Muting ${nick}`, "+b", [`${timed(minutes)}~m:${mask(nick)}`], reason);
}

export function role(it, channel, change, nick) {
	mode(it, channel, `The role of ${nick}`, change, [nick]);
}

/**
 * Ends mutes and, unless only mutes are meant, bans of a name, in each form in which they are set (the last is that of
 * irssi); or of a mask.
 */
function unban(it, channel, nick, onlyMutes) {
	const bans = mask(nick) === nick ? [nick] : [mask(nick), `~a:${nick}`, `*!*${nick}@*`];
	const mutes = bans.map((each) => `~m:${each}`);
	const masks = onlyMutes ? mutes : bans.length === 1 ? bans : [...bans, ...mutes];
	mode(it, channel, `Ending the ban of ${nick}`, `-${"b".repeat(masks.length)}`, masks);
}

function withMembers(action) {
	return ({ session, name, rest }) => {
		const found = members(rest, name);
		if (!found) return USAGE;
		for (const nick of found.names) action(session, found.channel, nick, found.text);
		return "";
	};
}

/** A command about members with a time and a reason. */
const withTime = (action) => (it) => {
	const within = time(members(it.rest, it.name)?.text ?? "");
	if (!within) return NO_TIME;
	return withMembers((session, channel, nick) => action(session, channel, nick, within.minutes, within.rest))(it);
};

/** Bans an account or addresses from the server. The last parameter may begin with a colon, as an IPv6 address does. */
function uban({ session, rest }) {
	const [, target = "", text = ""] = /^(\S+)\s*([\s\S]*)$/.exec(rest) ?? [];
	const within = time(text);
	if (!target || time(target)?.minutes) return USAGE;
	if (!within) return NO_TIME;
	const words = [target, within.minutes && `${within.minutes}m`, within.rest].filter(Boolean);
	session.ask("UBAN", ["ADD", ...(target[0] === ":" ? [words.join(" ")] : words)], { what: `Banning ${target}` });
	return "";
}

const withRole = (change) => withMembers((it, channel, nick) => role(it, channel, change, nick));

/**
 * A command about one of the last messages: `-2 text` is the second last, `@bob text` the last of bob; else the last of
 * ours (`own`), or of somebody else. `action(it, message, text)`.
 */
function withMessage(own, action) {
	return (it) => {
		const [, back = 1, nick, text] = /^(?:-(\d{1,2})(?:\s+|$)|@(\S+)(?:\s+|$))?([\s\S]*)$/.exec(it.rest);
		const all = it.session.conversations.get(it.name)?.history.messages ?? [];
		const found = all.filter((each) => each.id && each.kind === "said" && !each.deleted && (nick ? isSame(each.sender, nick) : each.own === own));
		const message = found[found.length - back];
		return message ? action(it, message, text) : NO_MESSAGE;
	};
}

function write({ session, ui, rest }) {
	const [, target, text] = /^(\S+)\s*([\s\S]*)$/.exec(rest) ?? [];
	if (!target) return USAGE;
	ui.open(target);
	return text ? session.say(target, text, {}, ui.now()) : "";
}

/** A command that is one request, with a channel (if none is typed, the open one) and maybe a text. */
function withChannel(verb, what, needsName = false) {
	return ({ session, name, rest }) => {
		const [, channel = needsName ? "" : name, text] = /^(#\S+)?\s*([\s\S]*)$/.exec(rest);
		if (!isChannel(channel)) return USAGE;
		session.ask(verb, [channel, text].filter(Boolean), { what: `${what} ${channel}` });
		return "";
	};
}

function silence(sign, what) {
	return ({ session, ui, rest }) => {
		if (!rest) return ui.dialog("blocked");
		if (!isName(rest)) return USAGE;
		session.ask("SILENCE", [sign + mask(rest)], { what: `${what} ${rest}` });
		return "";
	};
}

const dialog = (kind) => ({ ui, name, rest }) => ui.dialog(kind, rest || name);
const dialogWith = (kind) => ({ ui, rest }) => ui.dialog(kind, rest);

const ACTIONS = {
	dm: write,
	bm: (it) => write({ ...it, rest: `${it.session.lobby} ${it.rest}` }),
	who: ({ ui, name, rest }) => ui.dialog(isChannel(rest || name) ? "members" : "people"),
	exit: dialogWith("signOut"),
	join: withChannel("JOIN", "Joining", true),
	leave: withChannel("PART", "Leaving"),
	me: ({ session, ui, name, rest }) => (rest ? session.say(name, rest, { action: true }, ui.now()) : USAGE),
	reply: withMessage(false, ({ session, ui, name }, { id }, text) => (text ? session.say(name, text, { replyTo: id }, ui.now()) : USAGE)),
	react: withMessage(false, ({ session, name }, { id }, text) => {
		const reaction = text.replace(/^off\s+/, "");
		return reaction ? void session.react(name, id, reaction, reaction === text) : USAGE;
	}),
	edit: withMessage(true, ({ session, name }, { id }, text) => (text ? void session.edit(name, id, text) : USAGE)),
	delete: withMessage(true, ({ session, name }, { id }, reason) => void session.redact(name, id, reason)),
	history: ({ ui, rest }) => (rest ? ui.open(rest.split(/\s+/)[0]) : ui.older()),
	search: dialogWith("search"),
	older: ({ ui }) => ui.older(),
	menu: ({ ui }) => ui.list(),
	passwd: dialogWith("password"),
	cert: () => "A browser signs in with a password or its device token. Use chat connect to add a certificate.",
	tokens: dialogWith("settings"),
	invitation: dialogWith("invitation"),
	list: dialogWith("join"),
	whois: ({ ui, rest }) => (isName(rest) ? ui.dialog("person", rest) : USAGE),
	block: silence("+", "Blocking"),
	unblock: silence("-", "No longer blocking"),
	knock: withChannel("KNOCK", "Asking to join", true),
	help: dialogWith("help"),
	topic: ({ session, ui, name, rest }) => {
		const [, channel = name, text] = /^(#\S+)?\s*([\s\S]*)$/.exec(rest);
		if (!isChannel(channel)) return USAGE;
		return text ? void session.ask("TOPIC", [channel, ["-", "-delete"].includes(text) ? "" : text], { what: "The topic" }) : ui.dialog("topic", channel);
	},
	invite: (it) => {
		if (!it.rest) return it.session.invitations.open.length ? it.ui.invitations() : "You are invited to no channel.";
		return withMembers((session, channel, nick) => session.ask("INVITE", [nick, channel], { what: `Inviting ${nick}` }))(it);
	},
	uninvite: withMembers((it, channel, nick) => it.ask("UNINVITE", [nick, channel], { what: `Taking back the invitation of ${nick}` })),
	kick: withMembers(kick),
	ban: withTime(ban),
	unban: withMembers((it, channel, nick) => unban(it, channel, nick, false)),
	bans: dialog("bans"),
	mute: withTime(mute),
	unmute: withMembers((it, channel, nick) => unban(it, channel, nick, true)),
	op: withRole("+o"),
	deop: withRole("-o"),
	voice: withRole("+v"),
	devoice: withRole("-v"),
	rename: ({ session, rest }) => {
		const [, channel, name, reason] = /^(#\S+)\s+(#\S+)\s*([\s\S]*)$/.exec(rest) ?? [];
		return name ? void session.ask("RENAME", [channel, name, reason].filter(Boolean), { what: `Renaming ${channel}` }) : USAGE;
	},
	uban,
	unuban: ({ session, rest }) => (/^\S+$/.test(rest) ? void session.ask("UBAN", ["DEL", rest], { what: `Ending the ban of ${rest}` }) : USAGE),
	ubans: ({ session, rest }) => (rest ? USAGE : void session.ask("UBAN", ["LIST"], { what: "The bans of the server" })),
	kill: ({ session, rest }) => {
		const [, nick, reason] = /^([^\d:#]\S*)\s*([\s\S]*)$/.exec(rest) ?? [];
		return nick ? void session.ask("KILL", [nick, reason].filter(Boolean), { what: `Ending the connections of ${nick}` }) : USAGE;
	},
	mode: ({ session, ui, name, rest }) => {
		const [, channel = name, changes] = /^(#\S+)?\s*(.*)$/s.exec(rest);
		if (!isChannel(channel)) return USAGE;
		return changes ? void mode(session, channel, "The modes", changes.split(/\s+/)[0], changes.split(/\s+/).slice(1)) : ui.dialog("channel", channel);
	},
};

/** The names of the commands that the page has; a test compares them with `commands.json`. */
export const NAMES = Object.keys(ACTIONS);
