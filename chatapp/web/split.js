// Pure: cuts a text into the lines that IRC can carry. Nothing is cut off.

import { LINE_BYTES_MAX, bytes } from "./line.js";

const SLACK_BYTES = 2; // a server may count a little differently
const HOST_BYTES_MAX = 63;
const JOINS = /^[\u200d\ufe0e\ufe0f\u20e3\p{M}\u{1f3fb}-\u{1f3ff}]/u;

/** Returns how many bytes one line of a text may have, so that the line that its recipients get is not too long. */
export function roomBytes(source, nick, target) {
	const shown = source || `${nick}!${nick}@${"h".repeat(HOST_BYTES_MAX)}`;
	return LINE_BYTES_MAX - SLACK_BYTES - bytes(`:${shown} PRIVMSG ${target} :\r\n`);
}

/** Returns the lines of a text, without the blank lines at its beginning and end. */
export function linesOf(text) {
	const lines = text.replace(/\0/g, "").toWellFormed().split(/\r\n|\r|\n/);
	while (lines.length && !lines[0].trim()) lines.shift();
	while (lines.length && !lines[lines.length - 1].trim()) lines.pop();
	return lines;
}

/** Returns pieces of at most `max` bytes, cut after a space if possible, and not inside a character. */
export function split(line, max) {
	const pieces = [];
	let piece = "";
	let size = 0;
	let space = 0; // where the piece can be cut: after its last space
	for (const char of line) {
		const more = bytes(char);
		if (size + more > max) {
			const half = piece.length / 2;
			let cut = space > half ? space : piece.length;
			if (cut === piece.length && JOINS.test(char)) cut = beforeCluster(piece);
			pieces.push(piece.slice(0, cut));
			piece = piece.slice(cut);
			size = bytes(piece);
			space = 0;
		}
		piece += char;
		size += more;
		if (char === " ") space = piece.length;
	}
	pieces.push(piece);
	return pieces;
}

/** Returns where the last letter or emoji of a piece begins, with what belongs to it; the end if that is far away. */
function beforeCluster(piece) {
	const chars = [...piece];
	for (let at = chars.length - 1; at > Math.max(0, chars.length - 16); at--) {
		if (!JOINS.test(chars[at]) && chars[at - 1] !== "\u200d") return chars.slice(0, at).join("").length;
	}
	return piece.length;
}

/**
 * Cuts a text into messages: each is a list of {text, joined} (joined: it continues the line before it).
 * `limits`: {bytes, lines} of a message of several lines, or null if the server has none.
 */
export function messages(text, room, limits) {
	const found = [];
	let current = [];
	let size = 0;
	for (const line of linesOf(text)) {
		split(line, room).forEach((piece, index) => {
			const more = bytes(piece) + 1;
			const full = !limits || current.length >= limits.lines || size + more > limits.bytes;
			if (current.length && full) {
				found.push(current);
				current = [];
				size = 0;
			}
			if (limits || piece) current.push({ text: piece, joined: index > 0 && current.length > 0 });
			else current.push({ text: " ", joined: false });
			size += more;
		});
	}
	if (current.length) found.push(current);
	return found.filter((lines) => lines.some((line) => line.text.trim()));
}
