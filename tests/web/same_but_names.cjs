// Proves that programs differ only in the names of variables and private methods, in what else `names.py` writes in a
// shorter way (see written()), and in one `let` for several declarations. Arguments: pairs of files, before and after,
// which belong together. The parser is the one that is within Node (--expose-internals).

const { readFileSync } = require("node:fs");
const acorn = require("internal/deps/acorn/acorn/dist/acorn");

const parsed = (path) => JSON.parse(JSON.stringify(acorn.parse(readFileSync(path, "utf8"), { ecmaVersion: "latest", sourceType: "module" }), written));
const isNode = (value) => typeof value === "object" && value !== null && typeof value.type === "string";
const fields = (node) => Object.entries(node).filter(([key]) => !["start", "end", "shorthand"].includes(key));

/** Takes `!0` and `true` for the same, and `!1` and `false`, and `let` and `const`. */
function written(key, node) {
	if (node?.type === "VariableDeclaration") return { ...node, kind: "let" };
	if (node?.type === "UnaryExpression" && node.operator === "!" && /^[01]$/.test(node.argument.raw)) return { type: "Literal", value: node.argument.raw === "0" };
	return node?.type === "Literal" && typeof node.value === "boolean" ? { type: "Literal", value: node.value } : node;
}

function wrong(words) {
	throw new Error(words);
}

/** Tells whether an identifier is the name of a property, and not of a variable. */
function isProperty(parent, key) {
	if (parent.computed) return false;
	if (parent.type === "MemberExpression") return key === "property";
	return ["Property", "MethodDefinition", "PropertyDefinition"].includes(parent.type) && key === "key";
}

/** Each declaration of `let a = 1, b = 2` is one of its own. */
function single(statements) {
	return statements.flatMap((each) => (each?.type === "VariableDeclaration"
		? each.declarations.map((one) => ({ ...each, declarations: [one] })) : [each]));
}

// The names: each name before has one name after, and no two have the same.

const after = new Map();
const before = new Map();

function compare(one, other, parent, key) {
	if (Array.isArray(one) && Array.isArray(other)) {
		const [all, others] = [single(one), single(other)];
		if (all.length !== others.length) wrong(`${parent.type}.${key} has another length`);
		all.forEach((each, at) => compare(each, others[at], parent, key));
	} else if (isNode(one)) {
		if (one.type !== other?.type) wrong(`${one.type} is ${other?.type}`);
		if (one.type === "Identifier" && !isProperty(parent, key)) return rename(one.name, other.name);
		if (one.type === "PrivateIdentifier") return rename(`#${one.name}`, `#${other.name}`);
		const [all, others] = [fields(one), Object.fromEntries(fields(other))];
		if (all.length !== Object.keys(others).length) wrong(`${one.type} has other fields`);
		for (const [name, value] of all) compare(value, others[name], one, name);
	} else if (JSON.stringify(one) !== JSON.stringify(other) || String(one) !== String(other)) wrong(`${one} is ${other}`);
	return undefined;
}

function rename(name, short) {
	if (after.has(name) ? after.get(name) !== short : before.has(short)) wrong(`${name} is ${short} and ${after.get(name)}, which is ${before.get(short)}`);
	after.set(name, short);
	before.set(short, name);
}

// What no scope declares is of the browser, or what another script takes by its name: such names stay.

function bound(pattern) {
	if (!pattern) return [];
	if (pattern.type === "Identifier") return [pattern.name];
	const inner = pattern.properties ?? pattern.elements ?? [pattern.value ?? pattern.left ?? pattern.argument];
	return inner.flatMap(bound);
}

function declared(statement) {
	if (!isNode(statement)) return [];
	if (statement.type === "VariableDeclaration") return statement.declarations.flatMap(({ id }) => bound(id));
	if (statement.type === "ImportDeclaration") return statement.specifiers.map(({ local }) => local.name);
	if (statement.type === "ExportNamedDeclaration") return declared(statement.declaration);
	return /^(Function|Class)Declaration$/.test(statement.type) ? [statement.id.name] : [];
}

/** The names that a node declares for what is within it. */
function scope(node) {
	const statements = [node.body, node.consequent, node.init, node.left].flat().flatMap(declared);
	const cases = (node.cases ?? []).flatMap((each) => each.consequent.flatMap(declared));
	const own = /Expression$/.test(node.type) ? bound(node.id) : [];
	return [...statements, ...cases, ...own, ...(node.params ?? []).flatMap(bound), ...(node.type === "CatchClause" ? bound(node.param) : [])];
}

function free(node, scopes, parent, key, found) {
	if (Array.isArray(node)) node.forEach((each) => free(each, scopes, parent, key, found));
	if (!isNode(node)) return found;
	if (node.type === "Identifier") {
		if (!isProperty(parent, key) && !scopes.some((names) => names.has(node.name))) found.add(node.name);
		return found;
	}
	const inner = [...scopes, new Set(scope(node))];
	for (const [name, value] of fields(node)) free(value, inner, node, name, found);
	return found;
}

const paths = process.argv.slice(2);
for (let at = 0; at < paths.length; at += 2) compare(parsed(paths[at]), parsed(paths[at + 1]), {}, "");
for (const path of paths.filter((_, at) => at % 2 === 0)) {
	for (const name of free(parsed(path), [], {}, "", new Set())) if (after.get(name) !== name) wrong(`${name} is not a variable of ours, and is ${after.get(name)}`);
}
console.log(JSON.stringify(Object.fromEntries(after)));
