// Every definition in the PHP files below a folder, by the npm package php-parser, as JSON lines: [path, name, kind].
// Usage: node declared_php.mjs TOOLS ROOT. A constructor's promoted parameters are properties.
import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";

const [, , tools, root] = process.argv;
const { Engine } = createRequire(import.meta.url)(path.join(tools, "node_modules/php-parser"));
const engine = new Engine({ parser: { extractDoc: false, suppressErrors: false, version: 803 }, ast: { withPositions: false } });
const TYPES = { class: "class", interface: "interface", trait: "trait", enum: "enum" };
const nameOf = (name) => (typeof name === "string" ? name : (name?.name ?? ""));

function visit(node, file, scope, inType) {
  if (!node || typeof node !== "object") return;
  if (Array.isArray(node)) return node.forEach((each) => visit(each, file, scope, inType));
  const say = (name, kind) => name && console.log(JSON.stringify([file, [...scope, name].join("."), kind]));
  const within = (name, type) => Object.values(node).forEach((each) => visit(each, file, name ? [...scope, name] : scope, type));
  const name = nameOf(node.name);
  if (TYPES[node.kind] && name) {
    say(name, TYPES[node.kind]);
    return within(name, true);
  }
  if (node.kind === "function" || node.kind === "method") {
    say(name, node.kind === "function" ? "function" : name === "__construct" ? "constructor" : "method");
    if (name === "__construct")
      for (const each of node.arguments) if (each.flags || each.visibility) say(nameOf(each.name), "field");
    return within(name, false);
  }
  if (node.kind === "property") say(name, "field");
  if (node.kind === "constant") say(name, "constant");
  if (node.kind === "enumcase") say(name, "enum_member");
  within("", inType);
}

for (const name of fs.readdirSync(root, { recursive: true }).sort()) {
  if (!name.endsWith(".php")) continue;
  let tree;
  try {
    tree = engine.parseCode(fs.readFileSync(path.join(root, name), "utf8"), name);
  } catch {
    continue; // written for a version of the language that the parser does not know
  }
  console.log(JSON.stringify([name, "", "file"]));
  visit(tree.children, name, [], false);
}
