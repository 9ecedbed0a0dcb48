// Every definition in the Scala files below a folder, by the npm package scalameta-parsers, as JSON lines:
// [path, name, kind]. Usage: node declared_scala.mjs TOOLS ROOT. Parameters of a class are fields where they are members;
// a value whose name begins with a capital is a constant. Locals are left out.
import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";

const [, , tools, root] = process.argv;
const meta = createRequire(import.meta.url)(path.join(tools, "node_modules/scalameta-parsers"));
const TYPES = { "Defn.Class": "class", "Defn.Object": "class", "Defn.Trait": "trait", "Defn.Enum": "enum", "Pkg.Object": "namespace" };
const VALUES = new Set(["Defn.Val", "Defn.Var", "Decl.Val", "Decl.Var"]);
const METHODS = new Set(["Defn.Def", "Decl.Def"]);

function bound(pattern) {
  if (!pattern) return [];
  return pattern.type === "Pat.Var" ? [pattern.name.value] : [];
}

// `place`: what the node stands in: `top`, `type` or `code`.
function visit(node, file, scope, place) {
  if (!node || typeof node !== "object") return;
  if (Array.isArray(node)) return node.forEach((each) => visit(each, file, scope, place));
  const say = (name, kind, at = scope) => name && console.log(JSON.stringify([file, [...at, name].join("."), kind]));
  const within = (inner, where) => Object.values(node).forEach((each) => visit(each, file, inner, where));
  const name = node.name?.value ?? "";
  if (TYPES[node.type]) {
    say(name, TYPES[node.type]);
    const inner = [...scope, name];
    const isCase = (node.mods ?? []).some((each) => each.type === "Mod.Case");
    const ctor = node.ctor;
    const groups = ctor?.paramClauses?.map((each) => each.values) ?? ctor?.paramss ?? [];
    groups.forEach((group, at) => {
      for (const each of group ?? []) {
        const given = (each.mods ?? []).some((mod) => mod.type === "Mod.ValParam" || mod.type === "Mod.VarParam");
        if (given || (isCase && at === 0)) say(each.name.value, "field", inner);
      }
    });
    return visit(node.templ, file, inner, "type");
  }
  if (node.type === "Defn.EnumCase") return say(name, "enum_member");
  if (node.type === "Defn.RepeatedEnumCase") return node.cases.forEach((each) => say(each.value, "enum_member"));
  if (METHODS.has(node.type)) {
    say(name, place === "type" ? "method" : "function");
    return within([...scope, name], "code");
  }
  if (node.type === "Ctor.Secondary") {
    say("this", "constructor");
    return within([...scope, "this"], "code");
  }
  if (VALUES.has(node.type) && place !== "code") {
    const fixed = node.type.endsWith("Val");
    for (const each of (node.pats ?? []).flatMap(bound))
      say(each, fixed && /^[A-Z]\w*$/.test(each) ? "constant" : place === "type" ? "field" : "variable");
    return within(scope, "code");
  }
  if ((node.type === "Defn.Type" || node.type === "Decl.Type") && place !== "code") say(name, "type_alias");
  if (node.type === "Term.NewAnonymous") return within(scope, "type");
  if (node.type === "Term.Block" || node.type?.startsWith("Term.")) return within(scope, "code");
  within(scope, place);
}

for (const name of fs.readdirSync(root, { recursive: true }).sort()) {
  if (!name.endsWith(".scala")) continue;
  const text = fs.readFileSync(path.join(root, name), "utf8");
  let tree = meta.parseSource(text, "Scala213");
  if (tree.error) tree = meta.parseSource(text, "Scala3");
  if (tree.error) continue;
  console.log(JSON.stringify([name, "", "file"]));
  visit(tree.stats, name, [], "top");
}
