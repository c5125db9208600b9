// The parts of the page's model, without a browser.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as commands from "../../../chatapp/web/commands.js";
import { matching, replaceNames } from "../../../chatapp/web/emoji.js";
import { History, MESSAGES_MAX, NICKS_MAX, REACTIONS_MAX, TEXT_CHARACTERS_MAX } from "../../../chatapp/web/history.js";
import { bytes, format, formatTime, isName, parse, parseTime } from "../../../chatapp/web/line.js";
import { Outbox, WINDOW_LINES } from "../../../chatapp/web/outbox.js";
import { isAbout, latest, messageOf, modeSentence, said, sentence } from "../../../chatapp/web/reading.js";
import { Session } from "../../../chatapp/web/session.js";
import { messages, roomBytes, split } from "../../../chatapp/web/split.js";
import { BLANK, NODES_MAX, isMentioned, isUnseen, parseText, words } from "../../../chatapp/web/text.js";

const TIMES = JSON.parse(readFileSync(new URL("../times.json", import.meta.url), "utf8"));
const TABLE = JSON.parse(readFileSync(new URL("../../../chatapp/web/commands.json", import.meta.url), "utf8"));

test("a line is parsed into tags, source, verb and parameters", () => {
  const line = parse("@a=1\\:2\\s3\\\\n\\n;b;+c/d=\\q :nick!user@host privmsg  #dev   ::) ok ");
  assert.deepEqual({ ...line.tags }, { a: "1;2 3\\n\n", b: "", "+c/d": "q" });
  assert.deepEqual([line.nick, line.source, line.verb, line.params], ["nick", "nick!user@host", "PRIVMSG", ["#dev", ":) ok "]]);
  assert.equal(parse("@a=b"), null);
  assert.equal(parse(""), null);
  assert.deepEqual(parse("PING").params, []);
  assert.equal(parse("@__proto__=x PING").tags.constructor, undefined);
});

test("what is formatted is parsed to the same, and a line feed cannot make a second line", () => {
  for (const last of ["text", "", ":)", "two words", "a:b", "ünï"]) {
    const line = parse(format("PRIVMSG", ["#dev", last], { "+a": "; \\\r\n", b: "" }));
    assert.deepEqual([line.params, { ...line.tags }], [["#dev", last], { "+a": "; \\\r\n", b: "" }]);
  }
  assert.equal(format("PRIVMSG", ["#dev", "one\r\nQUIT"]), "PRIVMSG #dev :one QUIT");
});

test("times are those of server-time, and nothing else", () => {
  assert.equal(formatTime(parseTime("2026-01-31T23:59:59.123Z")), "2026-01-31T23:59:59.123Z");
  assert.equal(parseTime("2026-01-31T23:59:59Z") % 1000, 0);
  for (const wrong of ["", "*", undefined, "2026-01-31", "2026-01-31T23:59:59", "1900-01-31T23:59:59Z"]) assert.equal(parseTime(wrong), null);
});

test("bytes are those of UTF-8", () => {
  for (const text of ["", "a", "é", "€", "👍🏽", "a€é👍"]) assert.equal(bytes(text), Buffer.byteLength(text));
});

test("a text is cut after a space, not inside a character, and nothing is lost", () => {
  for (const text of ["word ".repeat(300), "x".repeat(1000), "👍🏽".repeat(200), "e\u0301".repeat(500), "€".repeat(400)]) {
    const pieces = split(text, 100);
    assert.equal(pieces.join(""), text);
    assert.ok(pieces.every((piece) => bytes(piece) <= 100 && piece.isWellFormed()));
  }
  assert.ok(split("👍🏽".repeat(50), 100).every((piece) => !piece.startsWith("\u{1f3fd}")));
  assert.ok(roomBytes("", "alice", "#dev") < 450);
});

test("many lines are one message, or several when there are too many", () => {
  const limits = { bytes: 4096, lines: 100 };
  assert.equal(messages("a\n\nb\n", 400, limits).length, 1);
  assert.deepEqual(messages("\n\n a\n", 400, limits)[0].map((line) => line.text), [" a"]);
  assert.equal(messages("x\n".repeat(250), 400, limits).length, 3);
  assert.equal(messages(" \n ", 400, limits).length, 0);
  assert.deepEqual(messages("a\n\nb", 400, null).map(([line]) => line.text), ["a", "b"]);
  assert.equal(messages("x".repeat(900), 400, limits)[0].filter((line) => line.joined).length, 2);
});

test("links are http and https only", () => {
  for (const text of ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "vbscript:x", "//evil.example", "https://"]) {
    assert.ok(parseText(text).every((node) => node.type !== "link"), text);
  }
  const [before, link, after] = parseText("see (https://example.org/a_(b)?q=1#x).");
  assert.deepEqual([before.text, link.text, link.href, after.text], ["see (", "https://example.org/a_(b)?q=1#x", "https://example.org/a_(b)?q=1#x", ")."]);
});

test("a link that looks as if it led to another host has its real host beside it, and no credentials", () => {
  const link = (text) => parseText(text).find((node) => node.type === "link");
  for (const [text, href, host] of [
    ["https://bank.example@evil.example/", "https://evil.example/", "evil.example"],
    ["https://bank.example:443%2flogin@evil.example:8443/x", "https://evil.example:8443/x", "evil.example:8443"],
    ["https://user:pw@evil.example", "https://evil.example/", "evil.example"],
    ["https://b\u0430nk.example/a", "https://xn--bnk-6cd.example/a", "xn--bnk-6cd.example"],
    ["https://\u0430\u0440\u0440\u04cf\u0435.com", "https://xn--80ak6aa92e.com/", "xn--80ak6aa92e.com"],
    ["https://m\u00fcnchen.example", "https://xn--mnchen-3ya.example/", "xn--mnchen-3ya.example"],
    ["https://bank.example\\@evil.example", "https://bank.example/@evil.example", "bank.example"],
    ["https://evi\u200bl.example", "https://evil.example/", "evil.example"],
    ["https://%65vil.example", "https://evil.example/", "evil.example"],
    ["https://0x7f.1/", "https://127.0.0.1/", "127.0.0.1"],
  ]) assert.deepEqual([link(text).href, link(text).host], [href, host], text);
  for (const text of ["https://Example.org/a?b=c@d#e", "http://example.org:80", "https://example.org:443/", "https://[::1]:5000/x", "http://localhost:5000"]) {
    assert.equal(link(text).host, "", text);
  }
});

test("a text without anything to see is told; marks are few, and stand on something", () => {
  for (const text of [" ", "\u200b\u200d", "\u3164", "\u2800", "\u00ad\ufeff", "\u{e0041}", "\u0002\u000304", "\ufe0f", "\u202e"]) {
    assert.ok(isUnseen(text), JSON.stringify(text));
    assert.equal(words(text), BLANK);
  }
  for (const text of ["a", "\u0301", "👍🏽", "\u200bx", "\u0e4d", "."]) assert.ok(!isUnseen(text), JSON.stringify(text));
  assert.equal(words(""), "");
  assert.equal(words("\u0301"), "\u25cc\u0301");
  assert.equal(words(`a ${"\u0321".repeat(500)}b`), `a \u25cc${"\u0321".repeat(8)}b`);
  for (const text of ["Z\u0335\u0321", "שָׁלוֹם", "ก็", "❤️ 1️⃣", "e\u0301"]) assert.equal(words(text), text);
});

test("emphasis and code are a small subset; everything else stays text", () => {
  const types = (text) => parseText(text).map((node) => node.type);
  assert.deepEqual(types("*a b* `*c*` d"), ["em", "text", "code", "text"]);
  for (const text of ["2 * 3 * 4", "a*b*c", "* a *", "**", "*", "`", "<b>x</b>", "*a\nb*"]) assert.deepEqual(types(text), ["text"], text);
  assert.deepEqual(parseText("x\n```js\n*a*\n```\ny").map((node) => [node.type, node.text]), [["text", "x\n"], ["block", "*a*"], ["text", "y"]]);
  assert.deepEqual(parseText("```a```\n```\n\nb\n```\n\n```c").map((node) => [node.type, node.text]), [["block", ""], ["block", "\nb"], ["text", "\n```c"]]);
  assert.equal(parseText("@bob hi", (word) => word === "@bob")[0].type, "mention");
});

test("control characters, formatting codes and bidirectional controls are not shown", () => {
  assert.equal(words("a\u0002b\u000304,05c\u001b[31md\u202ee\u2066f\u0000"), "abc[31mdef");
  assert.equal(words("x".repeat(500)).length <= 201, true);
});

/** Returns the time (ms) that something takes, of the quickest of a few tries. */
function taken(action) {
  return Math.min(...[1, 2, 3].map(() => {
    const began = performance.now();
    action();
    return performance.now() - began;
  }));
}

test("the time for a hostile text grows with its length, and not with the square of it", () => {
  const link = (size) => `https://a/${")".repeat(size)}`;
  assert.equal(parseText(link(1900))[0].text, "https://a/");
  assert.equal(parseText(`${"(".repeat(3)}https://a/(b(c))))`).find(({ type }) => type === "link").text, "https://a/(b(c))");
  // 30 links of 1,900 characters, and one of 57,000 without a scheme: the same characters.
  const [links, plainText] = [`${link(1900)} `.repeat(30), `${link(1900).slice(5)} `.repeat(30)];
  assert.ok(taken(() => parseText(links)) < 30 * taken(() => parseText(plainText)) + 300);
  for (const begin of ["```a\n", "```a b\n```a\n", "``````\n", "*a", "`a\n"]) {
    const [short, long] = [1000, 16000].map((times) => taken(() => parseText(begin.repeat(times))));
    assert.ok(long < 16 * 6 * short + 300, `${JSON.stringify(begin)}: ${short}, ${long}`);
    assert.ok(parseText(begin.repeat(16000)).length <= 2 * NODES_MAX + 2);
  }
});

test("a hostile text gives a bounded number of nodes in little time", () => {
  const began = performance.now();
  for (const text of ["*a* ".repeat(16000), "`".repeat(65536), "https://".repeat(8000), "*".repeat(65536), "@a".repeat(32000), "(".repeat(65536), "https://a/" + ")".repeat(60000)]) {
    assert.ok(parseText(text).length <= 2 * NODES_MAX + 2);
  }
  assert.ok(performance.now() - began < 3000);
});

test("a mention is the whole nick, in any case", () => {
  for (const text of ["alice", "ALICE: hi", "hi @Alice!", "(alice)"]) assert.ok(isMentioned(text, "alice"), text);
  for (const text of ["malice", "alice-b", "alice2", "éalice"]) assert.ok(!isMentioned(text, "alice"), text);
  assert.ok(isMentioned("[x]", "[x]"));
});

const message = (at, more = {}) => ({ ...said(parse(`@msgid=m${at} :bob!b@h PRIVMSG #dev :text ${at}`), "alice", at), ...more });

test("a stretch of history is bounded, and stays without gaps", () => {
  const history = new History();
  history.replace([message(1000)], { atStart: false, atEnd: true });
  for (let at = 1001; at < 1001 + MESSAGES_MAX; at++) history.add(message(at));
  assert.equal(history.messages.length, MESSAGES_MAX);
  assert.ok(!history.atStart && history.atEnd);
  history.addPage(Array.from({ length: 100 }, (_, at) => message(900 + at)), "new");
  assert.equal(history.messages.length, MESSAGES_MAX);
  assert.equal(history.oldest.time, 900);
  assert.ok(!history.atEnd);
  assert.equal(history.add(message(5000)), true); // it is counted, but not shown after a gap
  assert.equal(history.newest.time < 2000, true);
  assert.equal(history.byId.size, MESSAGES_MAX);
});

test("what somebody reads stays, however much is said meanwhile", () => {
  const history = new History();
  history.replace(Array.from({ length: 300 }, (_, at) => message(1000 + at)), { atStart: true, atEnd: true });
  history.seen = 1100;
  for (let at = 1300; at < 1700; at++) history.add(message(at));
  assert.deepEqual([history.oldest.time, history.newest.time, history.atEnd], [1100, 1699, true]);
  for (let at = 1700; at < 2000; at++) history.add(message(at));
  assert.deepEqual([history.oldest.time, history.newest.time, history.atEnd], [1100, 1699, false]);
});

test("a message is added once", () => {
  const history = new History();
  assert.equal(history.add(message(1)), true);
  assert.equal(history.add(message(1)), false);
  history.addPage([message(1), message(2)], "old");
  assert.deepEqual(history.messages.map((each) => each.time), [1, 2]);
});

test("a page tells what was edited and deleted meanwhile", () => {
  const history = new History();
  history.addPage([message(1), message(2), message(3), message(5)], "old");
  history.doubt();
  history.add(message(6)); // said on this connection, after the server wrote the page
  assert.deepEqual(history.take([message(1, { text: "new", edited: true }), message(3)], 1), ["m2", "m5"]);
  history.settle(false);
  assert.deepEqual(history.messages.map((each) => [each.text, each.deleted]), [["new", false], ["", true], ["text 3", false], ["", true], ["text 6", false]]);
});

test("the beginning of a conversation is judged too: its only message may be deleted", () => {
  const history = new History();
  history.add(message(1));
  history.doubt();
  assert.deepEqual(history.take([], 0), ["m1"]);
  history.settle(true);
  assert.ok(history.messages[0].deleted && history.atStart && history.loaded);
});

test("what is deleted is no longer said to be edited", () => {
  const history = new History();
  history.add(message(1));
  history.edit("m1", "other");
  history.erase("m1");
  assert.deepEqual([history.messages[0].deleted, history.messages[0].edited], [true, false]);
});

test("what no page reaches is forgotten", () => {
  const history = new History();
  history.addPage([message(1), message(2), message(9)], "old");
  history.doubt();
  history.take([message(8), message(9)], 7);
  assert.ok(history.isStale);
  history.settle(false);
  assert.deepEqual(history.messages.map((each) => each.id), ["m8", "m9"]);
  assert.deepEqual([history.begin, history.byId.size, history.atStart], [7, 2, false]);
});

/** Answers the requests for history of a session from `lines` (the time of each is its number). Returns what was asked. */
function serve(session, hear, lines) {
  const asked = [];
  for (let sent = session.take(); sent.length; sent.push(...session.take())) {
    const { verb, params, tags: { label } } = parse(sent.shift());
    if (verb !== "CHATHISTORY" || params[0] === "TARGETS") {
      if (label) hear(`@label=${label} :h ACK`);
      continue;
    }
    asked.push(params[0]);
    const time = params[2] === "*" ? Infinity : parseTime(params[2].slice(10));
    const edge = params[0] === "AROUND" ? time + params[3] / 2 : time;
    const older = Object.keys(lines).map(Number).filter((at) => at < edge);
    const page = older.slice(-params[3]);
    hear(`@label=${label}${page.length === older.length ? ";draft/chathistory-end" : ""} :h BATCH +p chathistory #dev`,
      ...page.map((at) => `@batch=p;msgid=m${at};time=${formatTime(at)} :bob!b@h ${lines[at]}`), ":h BATCH -p");
  }
  return asked;
}

test("after a lost connection, all that is known is judged: no deleted text stays, however old", () => {
  const { session, hear } = signedIn("draft/chathistory");
  const lines = Object.fromEntries(Array.from({ length: 450 }, (_, at) => [1000 + at, `PRIVMSG #dev :text ${1000 + at}`]));
  const found = session.conversations.get("#dev");
  session.take();
  session.catchUp.show("#dev");
  serve(session, hear, lines);
  for (let pages = 0; pages < 3; pages++) {
    session.catchUp.more(found, "before");
    serve(session, hear, lines);
  }
  assert.equal(found.history.messages.length, 400);
  session.closed();
  for (const at of [1060, 1300, 1449]) delete lines[at];
  lines[1070] = "PRIVMSG #dev :corrected";
  lines[1500] = "PRIVMSG #dev :new";
  connect(session, hear, "draft/chathistory");
  session.take();
  session.catchUp.show("#dev");
  assert.deepEqual(serve(session, hear, lines), ["LATEST", "BEFORE", "BEFORE", "BEFORE"]);
  const texts = found.history.messages.filter(({ deleted }) => !deleted).map(({ text }) => text);
  assert.deepEqual(texts, Object.values(lines).slice(-texts.length).map((line) => line.replace("PRIVMSG #dev :", "")));
  assert.ok(texts.includes("corrected") && texts.includes("new") && texts.length >= 398);
  assert.deepEqual(session.takeEvents().filter(({ type }) => type === "erased").map(({ id }) => id).sort(), ["m1060", "m1300", "m1449"]);
});

for (const missed of [550, 5000]) {
  test(`after a lost connection, the place of who reads older messages stays: ${missed} were missed`, () => {
    const { session, hear } = signedIn("draft/chathistory");
    const say = (at) => [at, `PRIVMSG #dev :text ${at}`];
    const lines = Object.fromEntries(Array.from({ length: 450 }, (_, at) => say(1000 + at)));
    const found = session.conversations.get("#dev");
    session.take();
    session.catchUp.show("#dev");
    serve(session, hear, lines);
    session.catchUp.more(found, "before");
    serve(session, hear, lines);
    found.history.seen = 1350;
    session.closed();
    for (let at = 1450; at < 1450 + missed; at++) lines[at] = say(at)[1];
    connect(session, hear, "draft/chathistory");
    session.take();
    session.catchUp.show("#dev");
    serve(session, hear, lines);
    const times = found.history.messages.map(({ time }) => time);
    assert.ok(times.includes(1350) && times.includes(1380), `${times[0]} to ${times.at(-1)}`);
    assert.deepEqual(times, times.map((_, at) => times[0] + at));
    assert.deepEqual([found.history.isStale, found.history.atEnd, found.history.behind], [false, false, false]);
    session.catchUp.show("#other");
    assert.equal(found.history.seen, undefined);
  });
}

test("a message that is deleted before somebody sees it is not unread", () => {
  const { session, hear } = signedIn("");
  const found = session.conversations.get("#dev");
  hear(...["look", "Alice: look", "alice?"].map((text, at) => `@msgid=m${at};time=${formatTime(at + 1000)} :bob!b@h PRIVMSG #dev :${text}`));
  assert.deepEqual([found.unread, found.mentions], [3, 2]);
  hear(":bob!b@h REDACT #dev m1", ":bob!b@h REDACT #dev m1", ":bob!b@h REDACT #dev m9");
  assert.deepEqual([found.unread, found.mentions], [2, 1]);
  hear(":h MARKREAD #dev timestamp=1970-01-01T00:00:01.000Z");
  const { unread } = found;
  hear(":bob!b@h REDACT #dev m0");
  assert.equal(found.unread, unread);
  hear(":bob!b@h REDACT #dev m2");
  assert.deepEqual([found.unread, found.mentions], [unread - 1, 0]);
});

test("however much the people whom we block have said, what others said before it is found", () => {
  const { session, hear } = signedIn("draft/chathistory");
  const found = session.conversations.get("#dev");
  session.take();
  session.catchUp.show("#dev");
  const answer = (lines, limit, where) => {
    const asked = session.take().map(parse).find(({ verb }) => verb === "CHATHISTORY");
    assert.deepEqual([asked.params[0], asked.params.at(-1)], [where, limit]);
    hear(`@label=${asked.tags.label} :h BATCH +p chathistory #dev`, ...lines.map((at) => `@batch=p;msgid=m${at};time=${formatTime(at)} :bob!b@h PRIVMSG #dev :text ${at}`), ":h BATCH -p");
  };
  answer([], "100", "LATEST");
  answer([5000, 5001], "1000", "LATEST");
  session.catchUp.more(found, "before");
  answer([], "100", "BEFORE");
  answer([3000], "1000", "BEFORE");
  assert.deepEqual(found.history.messages.map(({ time }) => time), [3000, 5000, 5001]);
  assert.ok(!found.history.atStart);
});

test("what the browser has kept is judged by the server at the first sign-in, also in what is not opened", () => {
  const { session, hear } = signedIn("draft/chathistory", (fresh) => {
    const messages = [1, 2, 3].map((at) => message(at, { conversation: "bob" }));
    fresh.restore({ name: "alice", tokens: {}, outbox: [], conversations: [{ name: "bob", marker: 3, messages }] });
  });
  const asked = serve(session, hear, { 1: "PRIVMSG alice :text 1", 2: "PRIVMSG alice :corrected" });
  assert.deepEqual(asked, ["LATEST"]);
  assert.deepEqual(session.conversations.get("bob").history.messages.map(({ text }) => text), ["text 1", "corrected", ""]);
});

test("reactions are bounded: 10,000 of them leave a few dozen, and the counts", () => {
  const history = new History();
  history.add(message(1));
  for (let at = 0; at < 10000; at++) history.react("m1", `user${at}`, at % 2 ? "+1" : `r${at}`, true);
  const { reactions } = history.messages[0];
  assert.ok(reactions.length <= REACTIONS_MAX);
  const one = reactions.find((each) => each.text === "+1");
  assert.equal(one.count, 5000);
  assert.equal(one.nicks.length, NICKS_MAX);
  history.react("m1", "alice", "new", true);
  assert.deepEqual(history.messages[0].reactions.at(-1), { text: "new", count: 1, nicks: ["alice"] });
  assert.equal(history.messages[0].reactions.length, REACTIONS_MAX);
});

test("a text of a megabyte is cut", () => {
  assert.ok(said(parse(`:bob!b@h PRIVMSG #dev :${"x".repeat(1000000)}`), "alice", 1).text.length <= TEXT_CHARACTERS_MAX + 1);
});

test("people who join one after the other are one event", () => {
  const history = new History();
  const move = (nicks, left = []) => history.event(messageOf({ kind: "event", sort: "moved", time: 1, nicks, left }));
  for (const nick of ["a", "b", "c"]) move([nick]);
  assert.equal(history.messages.length, 1);
  assert.equal(sentence(history.messages[0], "me"), "a, b and c joined.");
  move([], ["b"]);
  assert.equal(sentence(history.messages[0], "me"), "a and c joined. b left.");
});

test("what somebody with the name You does is not told as what we did", () => {
  const tell = (by, nicks) => sentence({ sort: "kicked", by, nicks }, "alice");
  assert.deepEqual([tell("You", ["alice"]), tell("alice", ["YOU"])], ["You were removed by “You”.", "“YOU” was removed by you."]);
});

test("however often people join and leave, what was said before is there, and can be reached", () => {
  const { session, hear } = signedIn("draft/chathistory");
  const found = session.conversations.get("#dev");
  const lines = Object.fromEntries(Array.from({ length: 150 }, (_, at) => [1000 + at, `PRIVMSG #dev :text ${1000 + at}`]));
  session.take();
  session.catchUp.show("#dev");
  serve(session, hear, lines);
  for (let at = 0; at < 1400; at += 2) {
    const of = `@time=${formatTime(5000 + at)} :m!m@h`;
    hear(`${of} PART #dev`, `${of} JOIN #dev`);
  }
  assert.equal(found.history.messages.length, 101);
  assert.equal(sentence(found.history.messages[100], "alice"), "m joined.");
  // Whatever else happens so often that all messages are beyond the bound, they can be fetched.
  for (let at = 0; at < MESSAGES_MAX; at++) hear(`@time=${formatTime(9000 + at)} :m!m@h RENAME #dev #dev :x`);
  assert.ok(found.history.messages.every(({ kind }) => kind === "event"));
  session.catchUp.more(found, "before");
  serve(session, hear, lines);
  assert.equal(found.history.oldest.text, "text 1050");
  for (let at = 0; at < MESSAGES_MAX; at++) hear(`@time=${formatTime(19000 + at)} :m!m@h RENAME #dev #dev :x`);
  found.history.replace([message(1149)], { atStart: false, atEnd: true });
  assert.ok(found.history.byId.has("m1149"));
});

test("the outbox sends a few at a time, and again after a lost connection", () => {
  const outbox = new Outbox("run");
  for (let at = 0; at < 30; at++) outbox.add({ conversation: "#dev", lines: [{ text: String(at) }], text: String(at) });
  assert.equal(outbox.due().length, WINDOW_LINES);
  outbox.drop("run.1");
  assert.equal(outbox.due().length, 1);
  outbox.closed();
  assert.deepEqual(outbox.due().map((each) => each.clientId).slice(0, 2), ["run.2", "run.3"]);
  outbox.refused("run.2", "no");
  outbox.closed();
  assert.equal(outbox.due()[0].clientId, "run.3");
  outbox.again("run.2");
  assert.equal(outbox.find("run.2").state, "waiting");
});

function signedIn(offers = "", restore = () => {}) {
  const session = new Session("run");
  restore(session);
  const hear = (...lines) => lines.forEach((line) => session.received(line, 1));
  session.submit({ name: "alice", secret: "pässword", kind: "password" });
  return { session, hear, sent: connect(session, hear, offers) };
}

/** Signs alice in on a new connection; returns what was sent. */
function connect(session, hear, offers) {
  session.opened();
  const required = "batch echo-message labeled-response message-tags sasl=PLAIN server-time";
  hear(`:h CAP * LS * :${required}`, `:h CAP * LS :${offers}`);
  const sent = session.take();
  const [, request] = sent;
  hear(`:h CAP * ACK :${request.split(":")[1]}`, "AUTHENTICATE +", ":h 903 alice :In", ":h 001 alice :Hi", ":alice!a@h JOIN #dev", ":h PONG h ready");
  return sent;
}

test("the sign-in sends the password as SASL PLAIN", () => {
  const { session, sent } = signedIn();
  const payload = sent.find((line) => /^AUTHENTICATE (?!PLAIN)/.test(line)).split(" ")[1];
  assert.equal(Buffer.from(payload, "base64").toString(), "alice\0alice\0pässword");
  assert.ok(session.ready);
});

test("a sign-in with what the server offered the last time is sent at once, with the request for the newest messages", () => {
  const session = new Session("run");
  const known = ["batch", "echo-message", "labeled-response", "message-tags", "sasl", "server-time", "draft/chathistory"];
  const kept = { ...said(parse("@msgid=m1;time=2026-01-01T10:00:01.000Z :bob!b@h PRIVMSG #dev :old"), "alice", 1) };
  session.restore({ name: "alice", tokens: {}, outbox: [], conversations: [{ name: "#dev", last: 1, messages: [kept] }] });
  session.catchUp.open = "#dev";
  session.submit({ name: "alice", secret: "chat_x", kind: "token", known });
  session.opened();
  const payload = Buffer.from("alice\0alice\0chat_x").toString("base64");
  assert.deepEqual(session.take(), [
    "CAP LS 302", `CAP REQ :${known.join(" ")}`, "NICK alice", "USER alice 0 * alice", "AUTHENTICATE PLAIN", `AUTHENTICATE ${payload}`,
    "CAP END", "PING ready", "@label=1 CHATHISTORY LATEST #dev * 30",
  ]);
  const hear = (...lines) => lines.forEach((line) => session.received(line, 1));
  hear(`:h CAP * LS :${known.join(" ")} draft/read-marker`, `:h CAP alice ACK :${known.join(" ")}`, "AUTHENTICATE +", ":h 903 alice :In");
  hear(":h 001 alice :Hi", ":alice!a@h JOIN #dev", ":h PONG h ready");
  assert.ok(session.ready);
  assert.ok(!session.take().some((line) => /LATEST|CAP|AUTHENTICATE/.test(line)));
  const row = (id) => `@batch=1;msgid=${id};time=2026-01-01T10:00:0${id[1]}.000Z :bob!b@h PRIVMSG #dev :text ${id}`;
  hear("@label=1 :h BATCH +1 chathistory #dev", row("m1"), row("m2"), ":h BATCH -1");
  assert.deepEqual(session.conversations.get("#dev").history.messages.map((each) => each.id), ["m1", "m2"]);
  assert.deepEqual(session.signIn.known.at(-1), "draft/read-marker"); // which the next sign-in asks for
});

test("who returns is told what is unread in the other conversations, also when that of the open one is known first", () => {
  const session = new Session("run");
  const known = ["batch", "echo-message", "labeled-response", "message-tags", "sasl", "server-time", "draft/chathistory"];
  session.restore({ name: "alice", tokens: {}, outbox: [], conversations: [{ name: "#dev", marker: 1000, messages: [] }, { name: "bob", marker: 1000, messages: [] }] });
  session.catchUp.open = "bob";
  session.submit({ name: "alice", secret: "chat_x", kind: "token", known });
  session.opened();
  session.take();
  const hear = (...lines) => lines.forEach((line) => session.received(line, 1));
  hear(`:h CAP * LS :${known.join(" ")}`, `:h CAP alice ACK :${known.join(" ")}`, "AUTHENTICATE +", ":h 903 alice :In");
  hear(":h 001 alice :Hi", ":alice!a@h JOIN #dev", ":h PONG h ready");
  const { label } = session.take().map(parse).find(({ params }) => params[0] === "TARGETS").tags;
  hear("@label=1;draft/chathistory-end :h BATCH +1 chathistory bob", ":h BATCH -1");
  assert.ok(!session.takeEvents().some(({ type }) => type === "caught-up"));
  hear(`@label=${label} :h BATCH +2 draft/chathistory-targets`, `@batch=2 :h CHATHISTORY TARGETS #dev ${formatTime(2000)}`, ":h BATCH -2");
  assert.deepEqual(serve(session, hear, { 2000: "PRIVMSG #dev :alice: look" }), ["LATEST"]);
  const { unread, mentions } = session.conversations.get("#dev");
  assert.deepEqual([unread, mentions], [1, 1]);
  assert.equal(session.takeEvents().filter(({ type }) => type === "caught-up").length, 1);
});

test("what was missed in a conversation whose old messages were read last is unread", () => {
  const { session, hear } = signedIn("draft/chathistory");
  const lines = Object.fromEntries(Array.from({ length: 900 }, (_, at) => [1000 + at, `PRIVMSG #dev :text ${1000 + at}`]));
  const found = session.conversations.get("#dev");
  session.take();
  session.catchUp.show("#dev");
  serve(session, hear, lines);
  session.conversations.marked(found, 1899);
  for (let pages = 0; pages < 7; pages++) {
    session.catchUp.more(found, "before");
    serve(session, hear, lines);
  }
  assert.ok(!found.history.atEnd);
  session.catchUp.open = "bob";
  session.closed();
  lines[2000] = "PRIVMSG #dev :alice: look";
  connect(session, hear, "draft/chathistory");
  const { label } = session.take().map(parse).find(({ params }) => params[0] === "TARGETS").tags;
  hear(`@label=${label} :h BATCH +2 draft/chathistory-targets`, `@batch=2 :h CHATHISTORY TARGETS #dev ${formatTime(2000)}`, ":h BATCH -2");
  serve(session, hear, lines);
  assert.deepEqual([found.unread, found.mentions, found.history.newest.time], [1, 1, 2000]);
});

test("what a lost connection leaves without an answer is asked again, or told", () => {
  const { session, hear } = signedIn();
  session.take();
  session.takeEvents();
  session.edit("#dev", "m1", "a word");
  session.react("#dev", "m2", "+1", true);
  session.redact("#dev", "m3");
  session.ask("JOIN", ["#other"], { what: "Joining #other" });
  session.ask("WHO", ["#dev"], { quiet: true });
  const lost = session.take().map((line) => line.replace(/label=\d+;?/, ""));
  session.closed();
  const told = () => session.takeEvents().filter(({ type }) => type.startsWith("not-")).map(({ type, what, text }) => [type, what, text]);
  assert.deepEqual(told(), [["not-done", "Joining #other", "There is no connection. Try again when it is back."]]);
  connect(session, hear, "");
  const again = session.take().filter((line) => / (EDIT|TAGMSG|REDACT|JOIN|WHO) /.test(line));
  assert.deepEqual(again.map((line) => line.replace(/label=\d+;?/, "")), lost.slice(0, 3));
  // They may have been done before the connection was lost; a correction that is refused is not done.
  const [edit, ...others] = again.map((line) => parse(line).tags.label);
  for (const label of others) hear(`@label=${label} :h FAIL * X :Done already`);
  assert.deepEqual(told(), []);
  hear(`@label=${edit} :h FAIL EDIT X #dev :You are muted`);
  assert.deepEqual(told(), [["not-done", "The correction", "You are muted"], ["not-corrected", undefined, "a word"]]);
  session.closed();
  connect(session, hear, "");
  assert.ok(!session.take().some((line) => / (EDIT|TAGMSG|REDACT) /.test(line)));
});

test("a server that no longer offers what it offered is asked again", () => {
  const session = new Session("run");
  session.submit({ name: "alice", secret: "chat_x", kind: "token", known: ["batch", "sasl", "draft/gone"] });
  session.opened();
  session.take();
  session.received(":h CAP * LS :batch echo-message labeled-response message-tags sasl server-time", 1);
  session.received(":h CAP * NAK :batch sasl draft/gone", 1);
  assert.deepEqual(session.takeEvents().map((event) => event.type), ["again"]);
  session.closed();
  session.opened();
  assert.deepEqual(session.take(), ["CAP LS 302"]);
});

test("a refused sign-in asks whether the account exists", () => {
  const session = new Session("run");
  session.opened();
  session.received(":h CAP * LS :batch echo-message labeled-response message-tags sasl server-time chatapp/account", 1);
  session.received(":h CAP * ACK :batch echo-message labeled-response message-tags sasl server-time chatapp/account", 1);
  session.submit({ name: "bob", secret: "x", kind: "password" });
  session.received(":h 904 bob :Wrong.", 1);
  session.received(":h ACCOUNT bob unknown", 1);
  assert.deepEqual(session.takeEvents().map((event) => event.type), ["refused", "lookup"]);
  assert.ok(session.take().includes("ACCOUNT bob"));
  session.submit({ name: "bob", secret: "correct-horse", kind: "sign-up" });
  assert.ok(session.take().includes("REGISTER bob * correct-horse"));
  session.received(":h REGISTER SUCCESS bob :Made.", 1);
  assert.ok(session.take().includes("CAP END"));
  assert.equal(session.signIn.credentials.kind, "password");
});

test("an invitation is shown to the server before the sign-up", () => {
  const session = new Session("run");
  session.invited("code");
  session.opened();
  session.received(":h CAP * LS :batch echo-message labeled-response message-tags sasl server-time", 1);
  session.received(":h CAP * ACK :batch echo-message labeled-response message-tags sasl server-time", 1);
  assert.ok(session.take().includes("INVITATION code"));
  session.received(":h INVITATION VALID Chat :#lobby,#dev", 1);
  const { channels, network } = session.takeEvents().find((event) => event.type === "invitation");
  assert.deepEqual([network, channels], ["Chat", ["#lobby", "#dev"]]);
  session.submit({ name: "nora", secret: "nora-s-password", kind: "sign-up" });
  session.received(":h REGISTER SUCCESS nora :Made.", 1);
  session.closed();
  session.opened(); // with an account, the invitation is no longer shown
  session.received(":h CAP * LS :batch echo-message labeled-response message-tags sasl server-time", 1);
  session.received(":h CAP * ACK :batch echo-message labeled-response message-tags sasl server-time", 1);
  assert.ok(!session.take().some((line) => line.startsWith("INVITATION")));
});

test("a server without receipts is refused", () => {
  const session = new Session("run");
  session.opened();
  session.received(":h CAP * LS :sasl", 1);
  assert.equal(session.takeEvents()[0].type, "unusable");
});

test("a text of many lines is one batch with one id", () => {
  const { session } = signedIn("draft/multiline=max-bytes=4096,max-lines=100");
  session.take();
  session.say("#dev", "one\n\ntwo", { replyTo: "m1" });
  const lines = session.take().map(parse);
  assert.deepEqual(lines.map((line) => [line.verb, line.params.at(-1)]), [["BATCH", "#dev"], ["PRIVMSG", "one"], ["PRIVMSG", ""], ["PRIVMSG", "two"], ["BATCH", "-m1"]]);
  assert.equal(lines[0].tags["+chatapp/id"], "run.1");
  assert.equal(lines[0].tags["+reply"], "m1");
});

test("the read marker is sent once, and only for what is new", () => {
  const { session, hear } = signedIn("draft/read-marker");
  hear("@time=2026-01-01T10:00:01.000Z;msgid=m1 :bob!b@h PRIVMSG #dev :hi");
  session.take();
  session.read("#dev");
  session.read("#dev");
  assert.deepEqual(session.take(), ["MARKREAD #dev timestamp=2026-01-01T10:00:01.000Z"]);
  assert.equal(session.conversations.get("#dev").unread, 0);
});

test("a stopping server gets the message again on the next connection", () => {
  const { session, hear } = signedIn();
  session.say("#dev", "hi");
  const sent = parse(session.take().at(-1));
  hear(`@label=${sent.tags.label} :h FAIL PRIVMSG SERVER_STOPPING #dev :Later.`);
  assert.equal(session.outbox.open.length, 1);
});

test("what waits for a person who is no longer on the server is not sent to who has the name next", () => {
  const { session, hear } = signedIn();
  hear(":bob!b@h PRIVMSG alice :hi", ":bob!b@h PRIVMSG #dev :hi");
  session.closed();
  session.say("bob", "a secret");
  session.say("#dev", "hello");
  session.opened();
  hear(":Bob!b@h QUIT :The account was removed");
  session.ready = true;
  assert.deepEqual(session.take().filter((line) => line.includes("PRIVMSG")).map((line) => parse(line).params), [["#dev", "hello"]]);
  const [entry] = session.outbox.of("bob");
  assert.deepEqual([entry.state, entry.reason], ["failed", "The Bob you talked with is no longer on this server. Somebody else may have the name now."]);
  assert.match(session.say("bob", "still there?"), /^Not sent: The bob .* Send it again if you mean whoever has it\.$/);
  assert.equal(session.say("bob", "still there?"), "");
  assert.match(session.take().at(-1), /PRIVMSG bob :still there\?/);
});

test("a text says since when we know who has the name, so that nobody else gets it", () => {
  const { session, hear } = signedIn("chatapp/account");
  const sinces = () => session.take().filter((line) => line.includes("PRIVMSG")).map((line) => parse(line)).map(({ tags, params }) => [params[0], tags["+chatapp/since"]]);
  hear("@time=2026-01-01T10:00:00.000Z :bob!b@h PRIVMSG alice :hi", "@time=2026-01-01T10:00:01.000Z :dave!b@h JOIN #dev");
  session.say("bob", "hi");
  session.say("carol", "hi");
  session.say("#dev", "hi");
  assert.deepEqual(sinces(), [["bob", "2026-01-01T10:00:00.000Z"], ["carol", undefined], ["#dev", undefined]]);
  session.closed();
  session.say("erin", "hi");
  session.opened();
  hear("@time=2025-01-01T00:00:00.000Z :bob!b@h QUIT :The account was removed");
  session.signIn.enabled.add("chatapp/account");
  session.ready = true;
  const lost = "2026-01-01T10:00:01.000Z";
  assert.deepEqual(sinces(), [["bob", "2026-01-01T10:00:00.000Z"], ["carol", lost], ["#dev", undefined], ["erin", lost]]);
  const [entry] = session.outbox.of("erin");
  const { tags } = { tags: { label: [...session.questions.open.keys()].at(-1) } };
  hear(`@label=${tags.label} :h FAIL PRIVMSG OTHER_USER erin :Somebody else has the name now.`);
  assert.deepEqual([entry.state, entry.since], ["failed", 0]);
  assert.match(session.say("erin", "still there?"), /^Not sent: The erin/);
});

test("the page has every command of the table", () => {
  assert.deepEqual(TABLE.map((row) => row.names[0]).filter((name) => !commands.NAMES.includes(name)), []);
});

test("commands are found by each of their names; two slashes begin a text", () => {
  assert.equal(commands.find("/part #dev", TABLE).command.names[0], "leave");
  assert.equal(commands.find("//etc", TABLE), null);
  assert.match(commands.run(commands.find("/nothing", TABLE), {}), /no command/);
});

test("what keeps order is read as in the terminal", () => {
  assert.deepEqual(commands.members("bob,carol 7d spam here", "#dev"), { channel: "#dev", names: ["bob", "carol"], text: "7d spam here" });
  assert.deepEqual(commands.members("#x bob", "#dev"), { channel: "#x", names: ["bob"], text: "" });
  assert.equal(commands.members("", "#dev"), null);
  assert.equal(commands.members("bob", "carol"), null);
  for (const [text, minutes, rest] of TIMES) assert.deepEqual(commands.time(text), minutes === null ? null : { minutes, rest }, text);
  const asked = [];
  const session = { ask: (verb, params) => asked.push([verb, ...params]), conversations: { prefixes: () => "" } };
  commands.run(commands.find("/ban bob for 2h too loud", TABLE), { session, name: "#dev" });
  assert.deepEqual(asked, [["MODE", "#dev", "+b", "~t:120:bob!*@*"], ["KICK", "#dev", "bob", "too loud"]]);
  assert.match(commands.run(commands.find("/ban", TABLE), { session, name: "#dev" }), /^Type \/ban/);
});

test("a time that is not understood is refused: the act would have no end", () => {
  const asked = [];
  const session = { ask: (verb, params) => asked.push([verb, ...params]), conversations: { prefixes: () => "" } };
  const typed = (text) => commands.run(commands.find(text, TABLE), { session, name: "#dev" });
  for (const text of ["/mute bob 5 loud", "/mute bob 5 m", "/ban bob 5min", "/uban bob 90 x"]) assert.match(typed(text), /5m, 2h or 7d/);
  for (const text of ["/mute 5m", "/ban #dev 7d spam", "/kick 5", "/uban 5m bob", "/kill 5m"]) assert.match(typed(text), /^Type \//);
  assert.deepEqual(asked, []);
});

test("a topic is set, and removed in the words of other clients too", () => {
  const asked = [];
  const session = { ask: (verb, params) => asked.push([verb, ...params]) };
  for (const line of ["/topic a plan", "/topic -", "/topic -delete"]) commands.run(commands.find(line, TABLE), { session, name: "#dev" });
  assert.deepEqual(asked, ["a plan", "", ""].map((text) => ["TOPIC", "#dev", text]));
});

test("an administrator has the commands for the server", () => {
  const asked = [];
  const session = { ask: (verb, params) => asked.push([verb, ...params]) };
  const lines = ["/uban bob 90m far too loud", "/uban ::7 1h spam", "/uban 203.0.113.7", "/unuban ::7", "/ubans", "/kill bob loud", "/rename #a #b it moved"];
  for (const line of lines) assert.equal(commands.run(commands.find(line, TABLE), { session, name: "#dev" }), "");
  assert.deepEqual(asked, [
    ["UBAN", "ADD", "bob", "90m", "far too loud"], ["UBAN", "ADD", "::7 60m spam"], ["UBAN", "ADD", "203.0.113.7"],
    ["UBAN", "DEL", "::7"], ["UBAN", "LIST"], ["KILL", "bob", "loud"], ["RENAME", "#a", "#b", "it moved"],
  ]);
});

test("a page of history without anything that is shown is followed by the page before it", () => {
  const { session, hear } = signedIn("draft/chathistory draft/event-playback");
  const found = session.conversations.get("#dev");
  found.history.replace([message(5000)], { atStart: false, atEnd: true });
  session.take();
  session.catchUp.more(found, "before");
  const asked = () => parse(session.take().at(-1));
  const answer = ({ tags: { label } }, time, count) => hear(
    `@label=${label}${count < 100 ? ";draft/chathistory-end" : ""} :h BATCH +${label} chathistory #dev`,
    ...Array.from({ length: count }, (_, at) => `@batch=${label};time=${formatTime(time + at)} :u${at}!u@h JOIN #dev`),
    `:h BATCH -${label}`);
  const first = asked();
  assert.deepEqual(first.params.slice(0, 3), ["BEFORE", "#dev", `timestamp=${formatTime(5000)}`]);
  answer(first, 4000, 100);
  const second = asked();
  assert.equal(second.params[2], `timestamp=${formatTime(4000)}`);
  assert.ok(!found.history.atStart);
  answer(second, 3000, 3);
  assert.ok(found.history.atStart);
  assert.deepEqual(session.take(), []);
  assert.deepEqual(found.history.messages.map((each) => each.time), [5000]);
});

test("a request without a connection is told, unless nobody waits for its answer", () => {
  const { session } = signedIn();
  session.closed();
  session.takeEvents();
  assert.equal(session.ask("JOIN", ["#new"], { what: "Joining #new" }), false);
  assert.equal(session.react("#dev", "m1", "+1", true), false);
  assert.equal(session.ask("TOKEN", ["LIST"], { quiet: true }), false);
  const text = "There is no connection. Try again when it is back.";
  assert.deepEqual(session.takeEvents(), [{ type: "not-done", what: "Joining #new", text }, { type: "not-done", what: "The reaction", text }]);
});

test("a refusal that begins with its verb gets its subject", () => {
  const { session, hear } = signedIn();
  session.ask("INVITE", ["bob", "#dev"], { what: "Inviting bob" });
  hear(`@label=${parse(session.take().at(-1)).tags.label} :h 443 alice bob #dev :is in that channel already`);
  assert.deepEqual(session.takeEvents().at(-1), { type: "not-done", what: "Inviting bob", text: "bob is in that channel already" });
});

test("a correction, as a message, has no blank lines at its beginning and end", () => {
  const { session } = signedIn();
  session.take();
  session.edit("#dev", "m1", "\n  one\r\n\ntwo\n \n");
  assert.equal(parse(session.take().at(-1)).tags["draft/edit-text"], "  one\n\ntwo");
});

test("who has another nick keeps the place, the reactions, and what waits for this person", () => {
  const { session, hear } = signedIn("draft/message-edit");
  hear(":bob!b@h JOIN #dev", "@msgid=m1 :bob!b@h PRIVMSG alice :hi", "@msgid=m2 :alice!a@h PRIVMSG #dev :all", ":bob!b@h AWAY :lunch");
  hear("@+draft/react=+1;+draft/reply=m2 :bob!b@h TAGMSG #dev", "@+draft/react=+1;+draft/reply=m2 :carol!c@h TAGMSG #dev");
  session.catchUp.open = "bob";
  session.say("bob", "on the way");
  session.takeEvents();
  hear(":bob!b@h NICK :robert");
  const { conversations } = session;
  assert.deepEqual(session.takeEvents().filter(({ type }) => type === "renamed"), [{ type: "renamed", channel: "bob", name: "robert" }]);
  assert.deepEqual([conversations.get("bob"), conversations.get("Robert").unread, session.catchUp.open], [undefined, 1, "robert"]);
  assert.deepEqual([session.outbox.open[0].conversation, conversations.awayWords("robert"), conversations.isAway("bob")], ["robert", "lunch", null]);
  const reactions = () => conversations.get("#dev").history.byId.get("m2").reactions;
  hear("@+draft/react=+1;+draft/reply=m2 :robert!b@h TAGMSG #dev");
  assert.deepEqual(reactions(), [{ text: "+1", count: 2, nicks: ["robert", "carol"] }]);
  hear("@+draft/unreact=+1;+draft/reply=m2 :robert!b@h TAGMSG #dev", "@+typing=active :robert!b@h TAGMSG alice", "@+typing=active :robert!b@h TAGMSG #dev");
  assert.deepEqual(reactions(), [{ text: "+1", count: 1, nicks: ["carol"] }]);
  assert.deepEqual(["robert", "#dev"].map((name) => conversations.typists(name, 1)), [["robert"], ["robert"]]);
  hear(":robert!b@h NICK :Robert", ":robert!b@h NICK :", ":alice!a@h NICK :alicia");
  assert.deepEqual([conversations.get("robert").name, session.nick, conversations.people.length], ["Robert", "alicia", 1]);
});

test("who may not write to a channel is not told so while typing", () => {
  const { session, hear } = signedIn();
  session.take();
  session.takeEvents();
  session.typing("#dev", "active", 1);
  const { verb, params, tags } = parse(session.take().at(-1));
  assert.deepEqual([verb, params, tags["+typing"]], ["TAGMSG", ["#dev"], "active"]);
  hear(`@label=${tags.label} :h 404 alice #dev :You are muted`);
  assert.deepEqual(session.takeEvents(), []);
});

test("nobody is told that we type to somebody who has gone", () => {
  const { session, hear } = signedIn();
  hear("@msgid=m1 :bob!b@h PRIVMSG alice :hi");
  session.take();
  session.typing("bob", "active", 1);
  assert.equal(session.take().length, 1);
  hear(":bob!b@h QUIT :bye");
  session.typing("bob", "active", 9000);
  assert.deepEqual(session.take(), []);
});

test("who takes the nick of somebody with whom we talked is not this person", () => {
  const { session, hear } = signedIn();
  hear("@msgid=m1 :bob!b@h PRIVMSG alice :hi", "@msgid=m2 :carol!c@h PRIVMSG alice :hello");
  hear(":bob!b@h NICK :carol");
  assert.match(session.say("bob", "are you there?"), /no longer on this server/);
  assert.deepEqual(session.conversations.get("carol").history.messages.map(({ text }) => text), ["hello"]);
});

test("an away message is known from when somebody goes away, or is written to", () => {
  const { session, hear } = signedIn();
  const { conversations } = session;
  assert.equal(conversations.isAway("bob"), null);
  hear(":bob!b@h AWAY :at lunch");
  assert.deepEqual([conversations.isAway("Bob"), conversations.awayWords("Bob")], [true, "at lunch"]);
  hear(":h 352 alice #dev b h h bob G :0 bob"); // tells no message
  assert.equal(conversations.awayWords("bob"), "at lunch");
  hear(":bob!b@h AWAY");
  assert.deepEqual([conversations.isAway("bob"), conversations.awayWords("bob")], [false, ""]);
  hear(":h 301 alice bob :not connected; will get it later");
  assert.deepEqual([conversations.isAway("bob"), conversations.awayWords("bob")], [true, ""]);
  hear(`:h 301 alice bob :${"x".repeat(500)}`);
  assert.equal(conversations.awayWords("bob").length, 100);
});

test("modes are told in sentences", () => {
  const roles = { o: "@", v: "+" };
  assert.equal(modeSentence({ on: true, mode: "o", parameter: "bob" }, roles, "alice", "alice"), "bob is now an operator (by you).");
  assert.equal(modeSentence({ on: true, mode: "f", parameter: "#other" }, roles, "bob", "me"), "bob changed the channel: who cannot join comes to #other now.");
  assert.equal(modeSentence({ on: false, mode: "l", parameter: "" }, roles, "bob", "me"), "bob changed the channel: any number of people can be members now.");
  assert.equal(modeSentence({ on: true, mode: "e", parameter: "eve!*@*" }, roles, "alice", "me"), "alice excepted eve from bans and mutes.");
  assert.equal(modeSentence({ on: false, mode: "e", parameter: "eve!*@*" }, roles, "me", "me"), "You ended the exception of eve from bans and mutes.");
  assert.equal(modeSentence({ on: true, mode: "b", parameter: "~t:60:~m:eve!*@*" }, roles, "alice", "me"), "alice muted eve for an hour.");
  const ban = (on, parameter) => ({ on, mode: "b", parameter });
  const told = (changes, by = "alice") => latest(changes).map((each) => modeSentence(each, roles, by, "me"));
  assert.deepEqual(told([ban(false, "~t:5:~m:eve!*@*"), ban(true, "~t:60:~m:Eve!*@*")]), ["alice changed the mute of Eve, now for an hour."]);
  assert.deepEqual(told([ban(false, "eve!*@*"), ban(true, "eve!*@*")]), ["alice changed the ban of eve, now for good."]);
  assert.deepEqual(told([ban(false, "~m:eve!*@*"), ban(true, "eve!*@*")]), ["alice ended the mute of eve.", "alice banned eve for good."]);
  assert.deepEqual(told([ban(true, "eve!*@*"), ban(false, "eve!*@*")]), ["alice ended the ban of eve."]);
  assert.deepEqual(told([ban(false, "~t:5:~m:eve!*@*")], "chat.home"), ["Over: the mute of eve."]);
  assert.deepEqual(told([{ on: false, mode: "m", parameter: "" }, { on: true, mode: "m", parameter: "" }]).length, 2);
});

test("a mask is about whom it is about for the server", () => {
  const about = ["bob!*@*", "BOB!*@*", "*!*@*", "*!?ob@*", "~m:bob!*@*", "~t:5:bob!*@*", "~t:60:~m:*!B?b@chat.*", "~a:bob", "~m:~a:b*b", "~a:***", "b*o*b!*@*", "*b!b*@*e"];
  const aboutOthers = ["bo!*@*", "obb!*@*", "?bob!*@*", "*!*@*.org", "~a:bo", "~a:?bob", "~m:~a:bob!*@*", "b.b!*@*", "~m:bob!*@*x", "*bb*!*@*"];
  for (const mask of about) assert.ok(isAbout(mask, "bob!bob@chat.home"), mask);
  for (const mask of aboutOthers) assert.ok(!isAbout(mask, "bob!bob@chat.home"), mask);
  assert.ok(!isAbout(`${"*a".repeat(40)}*b`, `${"a".repeat(60)}!a@a`)); // at once
});

test("emoji are found by name", () => {
  assert.equal(replaceNames("a :tada: b :nothing: 10:30:20"), "a 🎉 b :nothing: 10:30:20");
  assert.ok(matching("thumb").some(([, emoji]) => emoji === "👍"));
});

test("the name of an emoji stays as it is in code and in a link", () => {
  const kept = ["`:tada:`", "a `b :tada: c` d", "```\n:tada:\n```", "```js\nx(`:tada:`)\n```\n", "```\n:tada:", "https://a.example/:tada:/b", "irc://a :nothing:"];
  for (const text of kept) assert.equal(replaceNames(text), text);
  assert.equal(replaceNames("`a` :tada: `b"), "`a` 🎉 `b");
  assert.equal(replaceNames("```\na\n```\n:tada:"), "```\na\n```\n🎉");
  assert.equal(replaceNames(`${"x".repeat(200000)} :tada:`).at(-1), "🎉".at(-1)); // and in no time
});

test("a name is one word", () => {
  for (const wrong of ["", ":x", "a b", "a\nb"]) assert.equal(isName(wrong), false);
});

test("invitations are those that the server lists; what was put aside stays so until somebody invites us again", () => {
  const { session, hear } = signedIn();
  const answer = (...channels) => {
    const { label } = parse(session.take().findLast((line) => / INVITE$/.test(line))).tags;
    hear(`@label=${label} :h BATCH +i labeled-response`, ...channels.map((each) => `@batch=i :h 336 alice ${each}`), "@batch=i :h 337 alice :End", ":h BATCH -i");
  };
  const open = () => session.invitations.open.map(({ channel, by }) => `${channel} ${by}`);
  answer("#one", "#two");
  assert.deepEqual(open(), ["#one ", "#two "]);
  session.invitations.remove("#ONE");
  hear(":bob!b@h INVITE alice #three", ":bob!b@h SILENCE +eve!*@*");
  answer("#three");
  hear(":bob!b@h SILENCE -eve!*@*");
  answer("#one", "#three");
  assert.deepEqual(open(), ["#three bob"]);
  hear("@time=1970-01-01T00:00:00.001Z :bob!b@h INVITE alice #one"); // told again at a sign-in
  assert.deepEqual(open(), ["#three bob"]);
  hear("@time=1970-01-01T00:00:01.000Z :bob!b@h INVITE alice #one");
  assert.deepEqual(open(), ["#three bob", "#one bob"]);
  hear(":h 653 alice :Your invitation to #one was taken back by bob.");
  answer("#three");
  assert.deepEqual(open(), ["#three bob"]);
  hear(":alice!a@h JOIN #three");
  assert.deepEqual(open(), []);
});

test("invitations are bounded; one in a channel that is known is told once", () => {
  const { session, hear } = signedIn();
  for (let at = 0; at < 1000; at++) hear(`:eve!e@h INVITE alice #c${at}`, `:eve!e@h INVITE alice #c${at}`);
  assert.equal(session.invitations.open.length, 100);
  assert.equal(session.invitations.open.at(-1).channel, "#c999");
  assert.equal(session.takeEvents().filter(({ type }) => type === "invited").length, 998); // EVENTS_MAX, with the sign-in
});

test("what the server says to a request is one answer", () => {
  const { session, hear } = signedIn();
  session.takeEvents();
  session.ask("UBAN", ["LIST"], { what: "The bans of the server" });
  const { label } = parse(session.take().at(-1)).tags;
  hear(`@label=${label} :h BATCH +1 labeled-response`, "@batch=1 :h NOTICE alice :eve is banned.", "@batch=1 :h NOTICE alice :Bans: 1.", ":h BATCH -1");
  assert.deepEqual(session.takeEvents(), [{ type: "answer", what: "The bans of the server", lines: ["eve is banned.", "Bans: 1."] }]);
});
