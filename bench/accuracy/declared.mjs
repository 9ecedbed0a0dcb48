// Every definition in a tree of TypeScript and JavaScript files, by TypeScript's own parser, as JSON lines:
// [path, qualified name, kind, whether it counts]. Usage: node declared.mjs COMPILER_FOLDER ROOT.
//
// What counts: declarations of every kind, members of classes, interfaces and object types, methods of object literals,
// variables of a module's or a namespace's own level, and functions and classes wherever they have a name or are given
// one. A name is qualified by the named definitions around it; what is assigned to a prototype, or to a property of a
// class or a function, by those. What is another module's by `require` is none. A function that is given a prototype is
// a class, accessors are properties, and a variable in capitals is a constant.
import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";

const ts = createRequire(import.meta.url)(path.join(process.argv[2], "node_modules/typescript"));
const root = path.resolve(process.argv[3]);
const files = fs
  .readdirSync(root, { recursive: true })
  .map((name) => path.join(root, name))
  .filter((name) => /\.(ts|tsx|mts|js|jsx|mjs|cjs)$/.test(name) && !/\.d\.ts$/.test(name) && fs.statSync(name).isFile())
  .sort();

const isFunction = (node) => ts.isArrowFunction(node) || ts.isFunctionExpression(node);
const isAssignment = (node) => ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken;
const isMemberOf = (node, name) => ts.isPropertyAccessExpression(node) && node.name.text === name;
const isExports = (node) => node.getText() === "exports" || node.getText() === "module.exports";

function plain(value) {
  while (value && (ts.isParenthesizedExpression(value) || ts.isAsExpression(value) || ts.isSatisfiesExpression(value)))
    value = value.expression;
  return value;
}

function isRequire(value) {
  if (value && ts.isPropertyAccessExpression(value)) value = value.expression;
  return Boolean(value) && ts.isCallExpression(value) && value.expression.getText() === "require";
}

function nameOf(name) {
  if (!name) return "";
  if (ts.isComputedPropertyName(name)) return /^\[[\w$.]+\]$/.test(name.getText()) ? name.getText() : "";
  if (ts.isStringLiteral(name)) return /^[\w$./:@ -]+$/.test(name.text) ? name.text : "";
  return name.getText();
}

class File {
  constructor(file) {
    const source = fs.readFileSync(file, "utf8");
    this.path = path.relative(root, file);
    this.node = ts.createSourceFile(file, source, ts.ScriptTarget.ESNext, true);
    this.script = /\.[mc]?jsx?$/.test(file);
    this.classes = new Set(); // functions that are given a prototype
    this.accessors = new Set(); // classes' properties by their place and name
    this.find(this.node);
    this.visit(this.node, { scope: [], of: "module", own: null });
  }

  find(node) {
    if (ts.isClassLike(node)) for (const each of node.members) if (ts.isAccessor(each)) this.accessors.add(`${node.name?.text}.${nameOf(each.name)}`);
    if (ts.isExpressionStatement(node) && isAssignment(node.expression)) {
      for (let left = node.expression.left; ts.isPropertyAccessExpression(left); left = left.expression)
        if (isMemberOf(left, "prototype") && ts.isIdentifier(left.expression)) this.classes.add(left.expression.text);
    }
    ts.forEachChild(node, (child) => this.find(child));
  }

  say(scope, name, kind, counts = true) {
    if (name) console.log(JSON.stringify([this.path, [...scope, name].join("."), kind, counts]));
  }

  // What a function or class that is given the name `name` is, and what is in it. `of`: what encloses it.
  bound(value, name, scope, around, counts = true) {
    if (ts.isClassExpression(value)) this.say(scope, name, "class", counts);
    else {
      const made = around.of !== "class" && around.of !== "object" && this.classes.has(name);
      const method = around.of === "class" || around.of === "object" || around.of === "prototype";
      this.say(scope, name, made ? "class" : method ? "method" : "function", counts);
    }
    this.inside(value, name ? [...scope, name] : scope, name && around.of !== "prototype" ? null : around.own);
  }

  // The parts of a class or function. `own`: the scope of the class that `this` is of.
  inside(node, scope, own) {
    const type = ts.isClassLike(node) || ts.isInterfaceDeclaration(node) ? "class" : "function";
    const self = type === "class" || this.classes.has(scope.at(-1)) ? scope : own;
    ts.forEachChild(node, (child) => {
      if (child !== node.name) this.visit(child, { scope, of: type, own: self });
    });
  }

  variables(list, at, counts) {
    const top = at.of === "module" || at.of === "namespace";
    const one = (name, value) => {
      if (!ts.isIdentifier(name)) {
        for (const element of name.elements) if (element.name) one(element.name, isRequire(value) ? value : null);
        return;
      }
      const given = plain(value);
      if (given && (isFunction(given) || ts.isClassExpression(given)))
        return this.bound(given, name.text, at.scope, { ...at, of: at.of === "class" ? "function" : at.of }, counts);
      if (top && !isRequire(value)) this.say(at.scope, name.text, /^[A-Z][A-Z0-9_]*$/.test(name.text) ? "constant" : "variable", counts);
      if (value) this.visit(value, top ? { scope: [...at.scope, name.text], of: "object", own: at.own } : { ...at, of: "object" });
    };
    for (const each of list.declarations) one(each.name, each.initializer);
  }

  members(node, at) {
    for (const each of node.members) {
      if (ts.isPropertySignature(each)) this.say(at.scope, nameOf(each.name), "field");
      else if (ts.isMethodSignature(each)) this.say(at.scope, nameOf(each.name), "method");
      else if (ts.isAccessor(each)) this.say(at.scope, nameOf(each.name), "property");
    }
  }

  // The members of the object types that an alias is made of.
  shape(type, at) {
    if (ts.isTypeLiteralNode(type)) this.members(type, at);
    else if (ts.isParenthesizedTypeNode(type)) this.shape(type.type, at);
    else if (ts.isUnionTypeNode(type) || ts.isIntersectionTypeNode(type)) for (const each of type.types) this.shape(each, at);
  }

  visit(node, at) {
    const name = node.name ? nameOf(node.name) : "";
    const here = name ? [...at.scope, name] : at.scope;
    const within = (of) => ts.forEachChild(node, (child) => child !== node.name && this.visit(child, { scope: here, of, own: at.own }));
    if (ts.isClassDeclaration(node)) {
      this.say(at.scope, name, "class");
      return this.inside(node, here, here);
    }
    if (ts.isInterfaceDeclaration(node)) {
      this.say(at.scope, name, "interface");
      return this.members(node, { ...at, scope: here });
    }
    if (ts.isTypeAliasDeclaration(node)) {
      this.say(at.scope, name, "type_alias");
      return this.shape(node.type, { ...at, scope: here });
    }
    if (ts.isEnumDeclaration(node)) {
      this.say(at.scope, name, "enum");
      for (const each of node.members) this.say(here, nameOf(each.name), "enum_member");
      return;
    }
    if (ts.isModuleDeclaration(node)) {
      // What is added to the global scope is said of that, and has no name around it.
      if (node.flags & ts.NodeFlags.GlobalAugmentation) return ts.forEachChild(node, (child) => this.visit(child, { ...at, of: "namespace" }));
      this.say(at.scope, name, "namespace");
      return within("namespace");
    }
    if (ts.isFunctionDeclaration(node)) return this.bound(node, name || "", at.scope, { ...at, of: at.of === "class" ? "function" : at.of });
    if (ts.isMethodDeclaration(node)) {
      const free = ts.isObjectLiteralExpression(node.parent) && !at.scope.length && at.of !== "object";
      this.say(at.scope, name, free ? "function" : "method");
      return this.inside(node, here, at.of === "class" || at.of === "prototype" ? at.own : null);
    }
    if (ts.isConstructorDeclaration(node)) {
      this.say(at.scope, "constructor", "constructor");
      for (const each of node.parameters)
        if (ts.isParameterPropertyDeclaration(each, node)) this.say(at.scope, each.name.getText(), "field");
      return this.inside(node, [...at.scope, "constructor"], at.own);
    }
    if (ts.isAccessor(node)) {
      this.say(at.scope, name, "property");
      return this.inside(node, here, at.own);
    }
    if (ts.isPropertyDeclaration(node)) {
      const value = plain(node.initializer);
      if (value && isFunction(value)) {
        this.say(at.scope, name, "method");
        return this.inside(value, here, at.own);
      }
      this.say(at.scope, name, value && ts.isClassExpression(value) ? "class" : "field");
      return value ? this.visit(value, at) : undefined;
    }
    if (ts.isVariableStatement(node)) {
      const block = ts.isBlock(node.parent) || ts.isCaseOrDefaultClause(node.parent);
      return this.variables(node.declarationList, block && at.of !== "namespace" ? { ...at, of: "block" } : at);
    }
    if (ts.isVariableDeclarationList(node)) return this.variables(node, { ...at, of: "block" });
    if (ts.isPropertyAssignment(node)) {
      const value = plain(node.initializer);
      if (isFunction(value)) return this.bound(value, name, at.scope, { ...at, of: at.of === "prototype" ? at.of : at.scope.length || at.of === "object" ? "object" : "module" });
      return this.visit(value, at);
    }
    if (isAssignment(node)) return this.assigned(node, at);
    if (ts.isFunctionExpression(node) || ts.isClassExpression(node)) return this.bound(node, name, at.scope, { ...at, of: "block" });
    ts.forEachChild(node, (child) => this.visit(child, at));
  }

  assigned(node, at) {
    const { left } = node;
    const value = plain(node.right);
    const made = isFunction(value) || ts.isClassExpression(value);
    if (!ts.isPropertyAccessExpression(left)) return ts.forEachChild(node, (child) => this.visit(child, at));
    const on = left.expression;
    const name = left.name.getText();
    if (isExports(left)) {
      if (made) return this.bound(value, value.name?.text ?? "", at.scope, { ...at, of: "module" });
      return this.visit(value, at);
    }
    if (isExports(on)) {
      if (made) return this.bound(value, name, at.scope, { ...at, of: "block" });
      const plainly = ts.isLiteralExpression(value) || ts.isObjectLiteralExpression(value) || ts.isArrayLiteralExpression(value) || ts.isNewExpression(value);
      if (plainly && at.of === "module") this.say(at.scope, name, /^[A-Z][A-Z0-9_]*$/.test(name) ? "constant" : "variable");
      return this.visit(value, { ...at, of: "object", scope: [...at.scope, name] });
    }
    if (on.kind === ts.SyntaxKind.ThisKeyword) {
      if (!at.own) return made ? this.bound(value, name, at.scope, { ...at, of: "object" }, false) : this.visit(value, at);
      const known = this.accessors.has(`${at.own.at(-1)}.${name}`);
      this.say(at.own, name, "field", !made && this.script && !known);
      if (made) this.say(at.own, name, "method", false);
      return made ? this.inside(value, at.scope, at.own) : this.visit(value, at);
    }
    if (isMemberOf(on, "prototype") && ts.isIdentifier(on.expression) && made) {
      const owner = [...at.scope, on.expression.text];
      this.say(owner, name, "method");
      return this.inside(value, [...owner, name], owner);
    }
    if (left.name.text === "prototype" && ts.isIdentifier(on) && ts.isObjectLiteralExpression(value)) {
      const owner = [...at.scope, on.text];
      for (const each of value.properties) this.visit(each, { scope: owner, of: "prototype", own: owner });
      return;
    }
    if (ts.isIdentifier(on) && made) {
      const owner = [...at.scope, on.text];
      this.say(owner, name, ts.isClassExpression(value) ? "class" : "method");
      return this.inside(value, [...owner, name], null);
    }
    if (made) return this.bound(value, value.name?.text ?? "", at.scope, { ...at, of: "block" }, false);
    ts.forEachChild(node, (child) => this.visit(child, at));
  }
}

for (const file of files) new File(file);
