// What the browser keeps: the device token and drafts (localStorage), and the newest messages (IndexedDB).
//
// Everything is bounded, belongs to one account, and is deleted at sign-out. Where the browser keeps nothing (a private
// window), the page works without it. The password is never kept.

const VERSION = 1; // of the form of what is kept
const ACCOUNT = "chatapp.account"; // {name, token, id}
const DRAFTS = "chatapp.drafts"; // conversation -> text
const SETTINGS = "chatapp.settings";
const REVOKED = "chatapp.revoked"; // [{name, token, id}, ...]
const REVOKED_MAX = 5;
const CONVERSATIONS_MAX = 100;
const MESSAGES_MAX = 50; // of one conversation
const OUTBOX_MAX = 100;
const TEXT_CHARACTERS_MAX = 4000;
const DRAFTS_MAX = 50;
const DRAFT_CHARACTERS_MAX = 20000;

function get(key, otherwise) {
	try {
		return JSON.parse(localStorage.getItem(key)) ?? otherwise;
	} catch {
		return otherwise;
	}
}

function set(key, value) {
	try {
		if (value === null) localStorage.removeItem(key);
		else localStorage.setItem(key, JSON.stringify(value));
	} catch {
		// The browser keeps nothing.
	}
}

export const account = () => get(ACCOUNT, null);
export const keepAccount = (value) => set(ACCOUNT, value);
// Tokens of accounts that have signed out here, and that the server has not been told yet to revoke.
export const revoked = () => get(REVOKED, []);
export const keepRevoked = (all) => set(REVOKED, all.length ? all.slice(-REVOKED_MAX) : null);
export const settings = () => get(SETTINGS, {});
export const keepSettings = (value) => set(SETTINGS, value);
export const isAccountKey = (key) => key === ACCOUNT || key === null;

let drafts = get(DRAFTS, {});
export const draft = (conversation) => drafts[conversation] ?? "";

/** Keeps a draft; where we do not stay signed in, only until the page is closed. */
export function keepDraft(conversation, text, stays) {
	const others = Object.entries(drafts).filter(([name]) => name !== conversation);
	if (text.trim()) others.push([conversation, text.slice(0, DRAFT_CHARACTERS_MAX)]);
	drafts = Object.fromEntries(others.slice(-DRAFTS_MAX));
	if (stays) set(DRAFTS, drafts);
}

let opening = null;

function run(mode, action) {
	opening ??= new Promise((resolve, reject) => {
		const request = indexedDB.open("chatapp", VERSION);
		request.onupgradeneeded = () => request.result.createObjectStore("state");
		request.onsuccess = () => resolve(request.result);
		request.onerror = () => reject(request.error);
	});
	const done = (request) => new Promise((resolve) => {
		request.onsuccess = () => resolve(request.result);
		request.onerror = () => resolve(undefined);
	});
	return opening.then((base) => done(action(base.transaction("state", mode).objectStore("state")))).catch(() => undefined);
}

/** Returns what was kept of an account, for Session.restore(); undefined if there is nothing. */
export async function load(name) {
	const found = await run("readonly", (store) => store.get("last"));
	return found?.name === name && found.version === VERSION ? found : undefined;
}

/** Keeps the newest messages of the conversations, and the messages that the server has not stored yet. */
export function save({ nick, announced, conversations, outbox, invitations }) {
	const newest = [...conversations.all.values()].sort((one, other) => other.isChannel - one.isChannel || other.last - one.last);
	const record = {
		version: VERSION, name: nick, tokens: announced.tokens,
		outbox: outbox.entries.slice(0, OUTBOX_MAX),
		removed: [...invitations.values()].filter(({ removed }) => removed).map(({ channel, time }) => ({ channel, time })),
		conversations: newest.slice(0, CONVERSATIONS_MAX).map(({ name, topic, marker, last, unread, mentions, gone, history }) => ({
			name, topic, marker, last, unread, mentions, gone,
			messages: history.atEnd ? history.messages.filter((each) => each.id && !each.deleted).slice(-MESSAGES_MAX).map(kept) : [],
		})),
	};
	return run("readwrite", (store) => store.put(record, "last"));
}

function kept(message) {
	return { ...message, text: message.text.slice(0, TEXT_CHARACTERS_MAX), reactions: message.reactions.slice(0, 20) };
}

/** Deletes everything that the page keeps of the account. */
export function clear() {
	drafts = {};
	for (const key of [ACCOUNT, DRAFTS, SETTINGS]) set(key, null);
	return run("readwrite", (store) => store.clear());
}
