/**
 * Lint plug-in that keeps the rooms of the house apart: which folder may import which, and what stays pure.
 *
 * @module
 */

import { isPure, pathInRepository, reasonAgainst } from "./rooms.ts";

const plugin: Deno.lint.Plugin = {
  name: "house",
  rules: {
    "imports": { create: checkImports },
    "pure": { create: checkPurity },
  },
};
export default plugin;

const HINT = 'See "Rooms" in CONTRIBUTING.md';

/** Globals that bring in the runtime, the time, chance or the order in which a runtime happens to run things. */
const IMPURE = new Set([
  "Bun",
  "BroadcastChannel",
  "Date",
  "Deno",
  "EventSource",
  "MessageChannel",
  "Temporal",
  "WebSocket",
  "Worker",
  "caches",
  "clearImmediate",
  "clearInterval",
  "clearTimeout",
  "console",
  "crypto",
  "fetch",
  "global",
  "globalThis",
  "localStorage",
  "navigator",
  "performance",
  "process",
  "queueMicrotask",
  "scheduler",
  "self",
  "sessionStorage",
  "setImmediate",
  "setInterval",
  "setTimeout",
]);

function checkImports(context: Deno.lint.RuleContext): Deno.lint.LintVisitor {
  const path = pathInRepository(context.filename);
  if (path === null) return {};

  function check(source: Deno.lint.Node | null): void {
    if (source === null) return;
    const specifier = source.type === "Literal" && typeof source.value === "string" ? source.value : null;
    if (specifier === null) {
      if (isPure(path!)) report(source, "Cannot import a computed specifier: what is pure says what it imports");
      return;
    }
    const reason = reasonAgainst(path!, specifier);
    if (reason !== null) report(source, `Cannot import "${specifier}": ${reason}`);
  }

  function report(node: Deno.lint.Node, message: string): void {
    context.report({ node, message, hint: HINT });
  }

  return {
    ImportDeclaration: (node) => check(node.source),
    ExportAllDeclaration: (node) => check(node.source),
    ExportNamedDeclaration: (node) => check(node.source),
    ImportExpression: (node) => check(node.source),
    TSImportType: (node) => check(node.argument.type === "TSLiteralType" ? node.argument.literal : node.argument),
  };
}

function checkPurity(context: Deno.lint.RuleContext): Deno.lint.LintVisitor {
  const path = pathInRepository(context.filename);
  if (path === null || !isPure(path)) return {};
  return {
    Identifier(node): void {
      const impure = node.name === "Math" ? !isPureMath(node) : IMPURE.has(node.name);
      if (!impure || isNameOfMember(node)) return;
      const what = node.name === "Math" ? "Math.random" : node.name;
      const message = `Cannot use ${what}: time, chance and the runtime come in as arguments (now, Env)`;
      context.report({ node, message, hint: HINT });
    },
  };
}

/** True for `Math.floor` and its like: a member named outright, and not `random`. */
function isPureMath(node: Deno.lint.Identifier): boolean {
  const parent = node.parent;
  return parent.type === "MemberExpression" && isSame(parent.object, node) && !parent.computed &&
    parent.property.type === "Identifier" && parent.property.name !== "random";
}

/** True where an identifier names a member of something else and so is not the global of that name. */
function isNameOfMember(node: Deno.lint.Identifier): boolean {
  const parent = node.parent;
  switch (parent.type) {
    case "MemberExpression":
      return !parent.computed && isSame(parent.property, node);
    case "Property":
      return !parent.computed && !parent.shorthand && isSame(parent.key, node);
    case "PropertyDefinition":
    case "MethodDefinition":
    case "TSPropertySignature":
    case "TSMethodSignature":
      return !parent.computed && isSame(parent.key, node);
    case "TSQualifiedName":
      return isSame(parent.right, node);
    default:
      return false;
  }
}

function isSame(a: Deno.lint.Node, b: Deno.lint.Node): boolean {
  return a.range[0] === b.range[0] && a.range[1] === b.range[1];
}
