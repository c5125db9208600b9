// Pure: reads and writes IRC lines, and compares names.
//
// Spec: modern-irc, "Message Format"; IRCv3 message-tags; IRCv3 server-time.

export const LINE_BYTES_MAX = 512;
const TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?Z$/;
const UNESCAPED = { ":": ";", s: " ", "\\": "\\", r: "\r", n: "\n" };
const ESCAPED = { ";": "\\:", " ": "\\s", "\\": "\\\\", "\r": "\\r", "\n": "\\n" };

/** Returns a name in the form in which names are compared. Spec: CASEMAPPING=ascii. */
export function fold(name) {
	return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

export function isSame(one, other) {
	return fold(one) === fold(other);
}

export function isChannel(name) {
	return name.startsWith("#");
}

/** Tells whether a text can be a parameter in the middle of a line, as a name must be. */
export function isName(text) {
	return text !== "" && text[0] !== ":" && !/[ \r\n\0]/.test(text);
}

/** Returns `{tags, source, nick, verb, params}`, or null for a line that has no command. */
export function parse(line) {
	let rest = line;
	const tags = Object.create(null);
	if (rest[0] === "@") {
		const end = endOfWord(rest);
		for (const tag of rest.slice(1, end).split(";")) {
			const at = tag.indexOf("=");
			const name = at < 0 ? tag : tag.slice(0, at);
			if (name) tags[name] = at < 0 ? "" : unescape(tag.slice(at + 1));
		}
		rest = trimStart(rest.slice(end));
	}
	let source = "";
	if (rest[0] === ":") {
		const end = endOfWord(rest);
		source = rest.slice(1, end);
		rest = trimStart(rest.slice(end));
	}
	const end = endOfWord(rest);
	const verb = rest.slice(0, end).toUpperCase();
	if (!verb) return null;
	return { tags, source, nick: source.split("!")[0], verb, params: parameters(trimStart(rest.slice(end))) };
}

function parameters(text) {
	const params = [];
	let rest = text;
	while (rest) {
		if (rest[0] === ":") {
			params.push(rest.slice(1));
			break;
		}
		const end = endOfWord(rest);
		params.push(rest.slice(0, end));
		rest = trimStart(rest.slice(end));
	}
	return params;
}

function endOfWord(text) {
	const at = text.indexOf(" ");
	return at < 0 ? text.length : at;
}

function trimStart(text) {
	return text.replace(/^ +/, "");
}

function unescape(value) {
	return value.replace(/\\(.?)/g, (_, char) => UNESCAPED[char] ?? char);
}

export function escapeTag(value) {
	return value.replace(/[; \\\r\n]/g, (char) => ESCAPED[char]);
}

/** Writes a line. Only the last parameter may be empty, have spaces, or begin with a colon. */
export function format(verb, params = [], tags = {}) {
	const words = Object.entries(tags).map(([name, value]) => (value === "" ? name : `${name}=${escapeTag(value)}`));
	const head = words.length ? `@${words.join(";")} ` : "";
	const clean = params.map((param) => param.replace(/[\r\n\0]+/g, " "));
	const last = clean.pop();
	if (last === undefined) return head + verb;
	const trailing = last === "" || last[0] === ":" || last.includes(" ") ? `:${last}` : last;
	return head + [verb, ...clean, trailing].join(" ");
}

/** Returns the time of a text as `2026-01-31T23:59:59.000Z` in ms since 1970; null if it is not a time. */
export function parseTime(text) {
	const found = TIME.exec(text ?? "");
	if (!found) return null;
	const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number);
	const ms = Date.UTC(year, month - 1, day, hour, minute, second) + Number((found[7] ?? "").slice(0, 3).padEnd(3, "0"));
	return ms >= 0 ? ms : null;
}

export function formatTime(ms) {
	return new Date(Math.min(Math.max(ms, 0), 253402300799999)).toISOString();
}

/** Counts the bytes of a text in UTF-8. */
export function bytes(text) {
	let count = text.length;
	for (const char of text) {
		const code = char.codePointAt(0);
		if (code > 0xffff) count += 2;
		else if (code > 0x7ff) count += 2;
		else if (code > 0x7f) count += 1;
	}
	return count;
}
