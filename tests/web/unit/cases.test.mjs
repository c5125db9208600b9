// The shared cases: lines in, state out. tests/web/test_cases.py runs the same cases with chatapp/client/core.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { Session } from "../../../chatapp/web/session.js";
import { fold, isChannel, parse, parseTime } from "../../../chatapp/web/line.js";

const FOLDER = new URL("../cases/", import.meta.url);
const START_MS = Date.UTC(2026, 0, 1, 12);

/** A server that signs alice in, and answers CHATHISTORY and MARKREAD from the history of a case. */
class Server {
  constructor(example) {
    Object.assign(this, example);
    this.history = { ...example.history };
    this.now = START_MS;
    this.sent = []; // our PRIVMSG: [label, id, text]
    this.refused = [];
    this.session = new Session("run");
    this.session.submit({ name: "alice", secret: "secret", kind: "password" });
  }

  open() {
    this.session.opened();
    this.flush();
  }

  /** Answers what the session sends, in order. */
  flush() {
    const asked = this.session.take();
    while (asked.length) {
      for (const line of this.answers(parse(asked.shift()))) this.session.received(this.filled(line), this.now);
      asked.push(...this.session.take());
    }
    for (const event of this.session.takeEvents()) if (event.type === "not-sent") this.refused.push([event.target, event.text, event.reason]);
  }

  send(line) {
    this.session.received(this.filled(line), this.now);
    this.flush();
  }

  /** Puts the labels and ids of the texts that were sent into a line. */
  filled(line) {
    return line.replace(/\{(label|id)(\d)\}/g, (_, what, number) => {
      const found = this.sent.filter(([, , text]) => text === this.texts[number - 1]);
      return found[found.length - 1][what === "label" ? 0 : 1];
    });
  }

  get texts() {
    return [...new Set(this.sent.map(([, , text]) => text))];
  }

  answers({ verb, params, tags }) {
    const table = {
      CAP: () => (params[0] === "LS" ? [`:host CAP * LS :${this.offers}`] : params[0] === "REQ" ? [`:host CAP * ACK :${params[1]}`] : this.welcome()),
      AUTHENTICATE: () => [params[0] === "PLAIN" ? "AUTHENTICATE +" : ":host 903 alice :In."],
      PING: () => [`:host PONG host ${params[0]}`],
      CHATHISTORY: () => this.page(params, tags.label),
      MARKREAD: () => (tags.label ? [`@label=${tags.label} ${this.marker(params[0])}`] : []),
      PRIVMSG: () => { this.sent.push([tags.label, tags["+chatapp/id"], params[1]]); return []; },
    };
    return table[verb]?.() ?? [];
  }

  welcome() {
    const lines = [":host 001 alice :Welcome", ":host 005 alice PREFIX=(qaohv)~&@%+ CHANMODES=b,k,l,imnst :are supported"];
    for (const [name, members] of Object.entries(this.channels)) {
      lines.push(`:alice!alice@host JOIN ${name}`, this.marker(name), `:host 353 alice = ${name} :${members.join(" ")}`, `:host 366 alice ${name} :End`);
    }
    return lines;
  }

  markedAt(name) {
    return parseTime(`2026-01-01T10:00:0${this.markers[name]}.000Z`) ?? 0;
  }

  marker(name) {
    const second = this.markers[name];
    return `:host MARKREAD ${name} ${second === undefined ? "*" : `timestamp=2026-01-01T10:00:0${second}.000Z`}`;
  }

  page([subcommand, name, ...rest], label) {
    const timeOf = (line) => parseTime(parse(line).tags.time);
    const batch = (kind, lines, end = "") => [`@label=${label}${end} :host BATCH +b ${kind}`, ...lines, ":host BATCH -b"];
    if (subcommand === "TARGETS") {
      const rows = Object.entries(this.history).map(([each, lines]) => `@batch=b :host CHATHISTORY TARGETS ${each} timestamp=${new Date(timeOf(lines.at(-1))).toISOString()}`);
      return batch("draft/chathistory-targets", rows);
    }
    const limit = Number(rest.pop());
    const edge = parseTime(rest[0].replace("timestamp=", "")) ?? 0;
    const key = Object.keys(this.history).find((each) => fold(each) === fold(name));
    const all = (this.history[key] ?? []).map((line) => this.filled(line));
    const found = { LATEST: all.filter((line) => timeOf(line) > edge).slice(-limit), BEFORE: all.filter((line) => timeOf(line) < edge).slice(-limit), AFTER: all.filter((line) => timeOf(line) > edge).slice(0, limit) }[subcommand];
    return batch("chathistory", found.map((line) => `@batch=b;${line.slice(1)}`), found.length < limit ? ";draft/chathistory-end" : "");
  }
}

const STEPS = {
  in: (server, line) => server.send(line),
  say: (server, [name, text]) => { assert.equal(server.session.say(name, text), ""); server.flush(); },
  close: (server) => server.session.closed(),
  open: (server) => server.open(),
  pass_ms: (server, ms) => { server.now += ms; },
  channels: (server, channels) => { server.channels = channels; },
  history: (server, more) => { for (const [name, lines] of Object.entries(more)) server.history[name] = [...(server.history[name] ?? []), ...lines]; },
};

function stateOf(server) {
  const { conversations, outbox, announced } = server.session;
  const state = {};
  for (const each of conversations.all.values()) {
    // The client in the terminal tells only unread messages of a channel with a marker; the page shows those before, too.
    const shown = each.history.messages.filter((message) => message.kind === "said" && !message.deleted && (!each.isChannel || message.time > server.markedAt(each.name)));
    const found = { unread: each.unread, mentions: each.mentions, messages: shown.map(messageOf) };
    if (each.isChannel) found.members = [...each.members.values()].map(({ nick, prefixes }) => prefixes + nick).sort();
    const acts = each.history.messages.filter(({ kind, id, own, time }) => kind === "event" && id && !own && time > server.markedAt(each.name));
    if (acts.length) found.acts = acts.map(({ sort, by, nicks, text }) => [sort, by, ...(sort === "mode" ? [] : (nicks ?? [text]))]);
    if (each.topic) found.topic = each.topic;
    const typing = conversations.typists(each.name, server.now);
    if (typing.length) found.typing = typing;
    state[each.name] = found;
  }
  assert.ok(announced.roles.o === "@");
  const unsent = outbox.open.map(({ conversation, text }) => [conversation, text]);
  if (unsent.length) state.unsent = unsent;
  if (server.refused.length) state.refused = server.refused;
  return state;
}

function messageOf({ sender, text, edited, reactions, replyTo }) {
  return {
    from: sender, text, ...(edited ? { edited } : {}), ...(replyTo ? { reply_to: replyTo } : {}),
    ...(reactions.length ? { reactions: Object.fromEntries(reactions.map((each) => [each.text, each.nicks])) } : {}),
  };
}

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith(".json"))) {
  const example = JSON.parse(readFileSync(new URL(file, FOLDER), "utf8"));
  test(`${file}: ${example.rule}`, () => {
    const server = new Server(example);
    server.open();
    const show = () => server.session.conversations.all.forEach((each) => { server.session.catchUp.show(each.name); server.flush(); });
    show();
    for (const step of example.steps) for (const [name, argument] of Object.entries(step)) STEPS[name](server, argument);
    show();
    const { sent_ids: sent, ...state } = example.state;
    for (const each of Object.values(state)) if (each.members) each.members.sort();
    assert.deepEqual(stateOf(server), state);
    if (sent) assert.deepEqual(server.sent.map(([, , text]) => text), sent);
    const ids = new Map();
    for (const [, id, text] of server.sent) assert.equal(ids.get(text) ?? id, ids.set(text, id).get(text));
    assert.ok(Object.keys(state).every((name) => ["unsent", "refused"].includes(name) || isChannel(name) || name === fold(name)));
  });
}
