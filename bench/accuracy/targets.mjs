// What every call in a tree of TypeScript and JavaScript files leads to, by TypeScript's own checker, as JSON lines:
// [[path, line, column] of the caller's name (line 0: the module), the same of the callee's, name].
// Usage: node targets.mjs COMPILER_FOLDER ROOT. Variables that hold no function literal are no targets.
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
const typed = files.some((name) => /\.[mc]?tsx?$/.test(name));
const program = ts.createProgram(files, {
  allowJs: true, target: ts.ScriptTarget.ESNext, module: typed ? ts.ModuleKind.ESNext : ts.ModuleKind.CommonJS, jsx: ts.JsxEmit.Preserve, noEmit: true,
  moduleResolution: typed ? ts.ModuleResolutionKind.Bundler : ts.ModuleResolutionKind.Node10,
  strict: true, skipLibCheck: true, allowImportingTsExtensions: typed, checkJs: !typed,
});
const checker = program.getTypeChecker();
const ours = new Set(files);

function place(node) {
  const file = node.getSourceFile();
  const at = file.getLineAndCharacterOfPosition(node.getStart());
  return [path.relative(root, file.fileName), at.line + 1, at.character];
}

// The node that names a function: that of the variable or property it is assigned to, or its own name. A function
// that is a module's whole export has its own name alone.
function nameOf(node) {
  const own = node.name ?? null;
  if (ts.isConstructorDeclaration(node)) return node;
  if (own && !ts.isFunctionExpression(node)) return own;
  const parent = node.parent;
  const holds = parent && (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent));
  if (holds && parent.initializer === node) return parent.name;
  const assigned = parent && ts.isBinaryExpression(parent) && parent.right === node && ts.isPropertyAccessExpression(parent.left);
  return assigned && !["module.exports", "exports"].includes(parent.left.getText()) ? parent.left.name : own;
}

function original(node) {
  const symbol = node && checker.getSymbolAtLocation(node);
  return symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

function constructorOf(declaration) {
  for (let each = declaration, steps = 0; each && steps < 50; steps++) {
    const own = (each.members ?? []).filter(ts.isConstructorDeclaration);
    if (own.length) return own.find((member) => member.body) ?? own[0];
    const heritage = (each.heritageClauses ?? []).find((clause) => clause.token === ts.SyntaxKind.ExtendsKeyword);
    each = original(heritage?.types[0].expression)?.declarations?.find(ts.isClassLike);
  }
  return null;
}

// A name that stands for a function by another name leads to it: `{ parse: parse }`, `exports.parse = parse`,
// `var parse = require("./parse").parse`.
function targets(expression, steps = 0) {
  const symbol = original(expression);
  const declarations = (symbol?.declarations ?? []).filter((each) => ours.has(each.getSourceFile().fileName));
  const running = declarations.filter((each) => each.body);
  return (running.length ? running : declarations).flatMap((each) => {
    if (ts.isClassLike(each)) return [constructorOf(each) ?? each.name ?? each];
    if (ts.isFunctionLike(each)) return nameOf(each) ? [nameOf(each)] : [];
    const assigned = ts.isBinaryExpression(each) ? each : ts.isBinaryExpression(each.parent) ? each.parent : null;
    const value = assigned ? assigned.right : each.initializer;
    if (ts.isShorthandPropertyAssignment(each)) {
      const local = checker.getShorthandAssignmentValueSymbol(each)?.declarations?.find((one) => one.name && one.body);
      return local ? [local.name] : [];
    }
    if (!value || steps > 4) return [];
    if (ts.isArrowFunction(value) || ts.isFunctionExpression(value)) return [nameOf(value) ?? each.name].filter(Boolean);
    if (ts.isIdentifier(value)) return targets(value, steps + 1);
    const taken = ts.isPropertyAccessExpression(value) && ts.isCallExpression(value.expression);
    return taken && value.expression.expression.getText() === "require" ? targets(value.name, steps + 1) : [];
  });
}

// What is assigned to each variable: of one without a type the checker says nothing, however plain its value.
const given = new Map();
function collect(node) {
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken && ts.isIdentifier(node.left)) {
    const symbol = checker.getSymbolAtLocation(node.left);
    if (symbol) given.set(symbol, [...(given.get(symbol) ?? []), node.right]);
  }
  ts.forEachChild(node, collect);
}

// The function that a variable or a property holds which another function made: what the checker takes the call's
// signature from, or, of a variable without a type, the signatures of what is assigned to it.
function made(node, called) {
  if (!(ts.isCallExpression(node) || ts.isNewExpression(node))) return [];
  const loaded = ts.isCallExpression(called) && called.expression.getText() === "require"; // `require("./one")()`
  if (!(loaded || ts.isIdentifier(called) || ts.isPropertyAccessExpression(called))) return [];
  const untyped = ts.isIdentifier(called) && checker.getTypeAtLocation(called).flags & ts.TypeFlags.Any;
  const signatures = untyped
    ? (given.get(checker.getSymbolAtLocation(called)) ?? []).flatMap((value) => checker.getTypeAtLocation(value).getCallSignatures())
    : [checker.getResolvedSignature(node)];
  const bodies = signatures.map((each) => each?.declaration).filter((each) => each?.body && ours.has(each.getSourceFile().fileName));
  return bodies.map(nameOf).filter(Boolean);
}

function callee(node) {
  if (ts.isCallExpression(node) || ts.isNewExpression(node)) return node.expression;
  if (ts.isJsxOpeningElement(node) || ts.isJsxSelfClosingElement(node)) return node.tagName;
  return ts.isTaggedTemplateExpression(node) ? node.tag : null;
}

function visit(node, caller) {
  const inner = (ts.isFunctionLike(node) && node.body && nameOf(node)) || caller;
  let called = callee(node);
  while (called && (ts.isParenthesizedExpression(called) || ts.isNonNullExpression(called) || ts.isAsExpression(called)))
    called = called.expression;
  if (called) {
    const name = ts.isPropertyAccessExpression(called) ? called.name : called;
    const direct =
      called.kind === ts.SyntaxKind.SuperKeyword
        ? (checker.getTypeAtLocation(called).symbol?.declarations ?? [])
            .filter((each) => ts.isClassLike(each) && ours.has(each.getSourceFile().fileName))
            .map((each) => constructorOf(each) ?? each.name)
        : targets(name);
    const found = direct.length ? direct : made(node, called);
    const from = inner ? place(inner) : [path.relative(root, node.getSourceFile().fileName), 0, 0];
    for (const target of found) console.log(JSON.stringify([from, place(target), name.getText()]));
    // Of an object or a variable of JavaScript that has no type, or one that lacks the method (`Object` in a JSDoc
    // comment, `this`), the checker says nothing: neither that what is called is ours nor that it is not.
    const receiver = name !== called ? called.expression : null;
    const own = receiver?.kind === ts.SyntaxKind.ThisKeyword;
    const untyped = receiver
      ? (own || ts.isInJSFile(node)) &&
        (checker.getTypeAtLocation(receiver).flags & ts.TypeFlags.Any || !checker.getSymbolAtLocation(name))
      : ts.isInJSFile(node) && ts.isIdentifier(name) && checker.getTypeAtLocation(name).flags & ts.TypeFlags.Any;
    if (untyped && !found.length) console.log(JSON.stringify([from, null, name.getText()]));
  }
  ts.forEachChild(node, (child) => visit(child, inner));
}

for (const name of files) collect(program.getSourceFile(name));
for (const name of files) visit(program.getSourceFile(name), null);
