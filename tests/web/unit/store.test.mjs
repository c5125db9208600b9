// What the browser keeps, and what is notified, in several tabs; without a browser.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

const STORE = "../../../chatapp/web/store.js";
let tabs = 0;
let base;

beforeEach(() => {
  const kept = new Map();
  globalThis.localStorage = {
    getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key), all: kept,
  };
  base = new Map();
  const state = { put: (record, key) => base.set(key, record), clear: () => base.clear() };
  globalThis.window = { early: { inBase: async (_, action) => action(state), kept: null } };
});

/** Opens a tab, which has the modules for itself. */
async function tab() {
  tabs += 1;
  return (await import(`${STORE}?tab=${tabs}`)).store;
}

/** Saves as the page does. */
const save = (store, nick) => store.stays && store.save(session(nick));
const account = (name) => ({ name, token: `chat_${name}`, id: name });
const session = (nick) => ({ nick, announced: {}, conversations: { all: new Map() }, outbox: { entries: [] }, invitations: { all: new Map() } });

test("a name is only a name: those of Object.prototype have drafts like others, and only their own", async () => {
  for (const stays of [false, true]) {
    const store = await tab();
    if (stays) store.keepAccount(account("alice"));
    for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
      assert.equal(store.draft(name), "");
      store.keepDraft(name, `to ${name}`);
      assert.equal(store.draft(name), `to ${name}`);
    }
  }
});

test("a draft does not survive the sign-out, in no tab and for no other account", async () => {
  const [first, second] = [await tab(), await tab()];
  first.keepAccount(account("alice"));
  second.begin();
  second.keepDraft("#lobby", "secret draft");
  await save(second, "alice");
  await first.leave()();
  assert.deepEqual([localStorage.all.size, base.size], [0, 0]);
  second.keepDraft("#lobby", "secret draft"); // before it learns of the sign-out
  await save(second, "alice");
  assert.deepEqual([localStorage.all.size, base.size, await second.isGone(), await second.isGone()], [0, 0, true, false]);
  first.keepAccount(account("bob"));
  const third = await tab();
  third.begin();
  assert.deepEqual([first.draft("#lobby"), third.draft("#lobby")], ["", ""]);
});

test("a tab that does not stay signed in writes nothing, and deletes nothing of the account that is kept", async () => {
  const [bob, alice] = [await tab(), await tab()];
  bob.keepAccount(account("bob"));
  bob.keepDraft("#lobby", "of bob");
  bob.keepSettings({ open: "#bob" });
  await save(bob, "bob");
  alice.keepDraft("#lobby", "of alice");
  alice.keepSettings({ open: "#alice" });
  await save(alice, "alice");
  assert.deepEqual([alice.stays, alice.draft("#lobby"), alice.settings().open], [false, "of alice", "#alice"]);
  assert.deepEqual([bob.stays, bob.draft("#lobby"), bob.settings().open, base.get("last").name], [true, "of bob", "#bob", "bob"]);
  assert.ok(!JSON.stringify([...localStorage.all]).includes("alice"));
  await alice.leave()();
  assert.deepEqual([bob.stays, base.size, await bob.isGone()], [true, 1, false]);
});

test("what was written and set before the server gave the token stays", async () => {
  const store = await tab();
  store.keepDraft("#lobby", "begun");
  store.keepSettings({ notifications: true });
  store.keepAccount(account("alice"));
  assert.deepEqual([store.draft("#lobby"), store.settings().notifications], ["begun", true]);
  store.keepDraft("#lobby", "more");
  store.keepAccount({ ...account("alice"), known: ["batch"] });
  assert.equal(store.draft("#lobby"), "more");
});

test("the browser keeps one account: what belongs to the one before goes, and that one deletes nothing any more", async () => {
  const [bob, alice] = [await tab(), await tab()];
  bob.keepAccount(account("bob"));
  bob.keepDraft("#lobby", "of bob");
  alice.keepAccount(account("alice"));
  assert.deepEqual([alice.draft("#lobby"), bob.stays, bob.own.id], ["", false, "bob"]);
  bob.keepDraft("#lobby", "of bob");
  await save(bob, "bob");
  await bob.leave()();
  assert.deepEqual([alice.stays, alice.draft("#lobby"), base.size], [true, "", 0]);
});

test("a notification is of a message that is there, of nobody who is blocked, and ends with the message or the sign-out", async () => {
  const shown = [];
  globalThis.navigator ??= {};
  globalThis.Notification = class {
    static permission = "granted";
    constructor(title, { body }) { shown.push(this); Object.assign(this, { body, open: true }); }
    close() { this.open = false; }
  };
  globalThis.window.Notification = globalThis.Notification;
  const { Notifier } = await import("../../../chatapp/web/notify.js");
  const { store } = await import(STORE);
  store.keepSettings({ notifications: true });
  const conversations = new Map(["bob", "mallory"].map((name) => [name, { name, key: name, readUntil: 0 }]));
  const app = { session: { nick: "alice", blocked: new Set(), conversations }, isWatching: () => false };
  const notifier = new Notifier(app);
  mock.timers.enable({ apis: ["setTimeout"] });
  const say = (sender, id) => notifier.said({ conversation: sender, sender, id, text: `text ${id}`, time: 1 });
  const bodies = () => shown.filter(({ open }) => open).map(({ body }) => body);
  say("bob", "1");
  say("mallory", "2");
  say("mallory", "3");
  notifier.erased("3"); // before it is shown: the message before it is told
  mock.timers.tick(5000);
  assert.deepEqual(bodies(), ["text 1", "text 2"]);
  notifier.erased("2");
  say("mallory", "4");
  app.session.blocked.add("mallory");
  mock.timers.tick(5000);
  assert.deepEqual(bodies(), ["text 1"]);
  say("bob", "5");
  notifier.closeAll();
  mock.timers.tick(5000);
  assert.deepEqual(bodies(), []);
});
