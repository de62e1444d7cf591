/* Writes `websocket_test.html`, one file with everything in it, from the sources beside this script.

   The modules are put one after the other, each behind what it imports, into one script, which Terser makes small. The
   modules' own names stay what they are, so that what one meets in the browser is found here: so a name may be given
   once among all modules, and an import may not rename. `node build.mjs --print` writes to the standard output
   instead. */

import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { minify } from "terser";

const HERE = dirname(fileURLToPath(import.meta.url));
const TARGET = join(HERE, "..", "..", "websocket_test.html");
const STYLES = ["base", "header", "panels", "ladder", "charts", "activity", "tape", "ticket", "footer", "narrow"];
const CONNECTS_TO = "ws: wss: http: https:";  // gateway and feed are where the page's user says

const IMPORT = /^import (?:\{ ([^}]*) \} from )?"\.\/(\w+)\.js";\n/gm;
const DECLARATION = /^(?:export )?(?:async )?(?:function|class|const|let) (\w+)/gm;

const read = name => readFileSync(join(HERE, name), "utf8");

/* Each module once, behind those that it imports: the order in which a browser would run them. */
function collectModules(name, found = new Map()) {
  if (found.has(name)) return found;
  found.set(name, null);  // under way: modules may import each other
  const text = read(`${name}.js`);
  for (const [, names, other] of text.matchAll(IMPORT)) {
    if (names?.includes(" as ")) throw new Error(`${name}.js renames an import of ${other}.js`);
    collectModules(other, found);
  }
  found.delete(name);
  return found.set(name, text);
}

function checkNames(modules) {
  const owners = new Map();
  for (const [module, text] of modules) {
    for (const [, name] of text.matchAll(DECLARATION)) {
      if (owners.has(name)) throw new Error(`${name} is declared in ${owners.get(name)}.js and in ${module}.js`);
      owners.set(name, module);
    }
  }
}

async function joinModules() {
  const modules = collectModules("main");
  checkNames(modules);
  const bodies = Array.from(modules.values(), text => text.replace(IMPORT, "").replace(/^export /gm, ""));
  const { code } = await minify(`"use strict";\n${bodies.join("\n")}`, { ecma: 2022, format: { max_line_len: 160 } });
  return `\n${code}\n`;
}

const joinStyles = () => STYLES.map(name => read(join("styles", `${name}.css`))).join("").replace(/\/\*[^]*?\*\//g, "").replace(/\s*([{};,])\s*/g, "$1").replace(/(?<=[{;][\w-]+): /g, ":");

const hashOf = content => `'sha256-${createHash("sha256").update(content).digest("base64")}'`;

async function makePage() {
  const vendor = readdirSync(join(HERE, "vendor")).sort();
  const library = kind => vendor.filter(file => file.endsWith(`.${kind}`)).map(file => ({ id: file.split(".")[0], content: read(join("vendor", file)) }));
  const styles = [...library("css"), { content: `\n${joinStyles()}\n` }];
  const scripts = [...library("js"), { content: await joinModules() }];
  for (const { content } of [...styles, ...scripts]) if (/<\/(script|style)|\r/i.test(content)) throw new Error("a script or style would end too early, or has a carriage return");
  const policy = [
    "default-src 'none'", `script-src ${scripts.map(script => hashOf(script.content)).join(" ")}`, `style-src ${styles.map(style => hashOf(style.content)).join(" ")}`,
    "img-src data:", `connect-src ${CONNECTS_TO}`, "form-action 'none'", "base-uri 'none'",
  ].join("; ");
  const inline = (tag, parts) => parts.map(({ id, content }) => `<${tag}${id ? ` id="${id}"` : ""}>${content}</${tag}>`).join("\n");
  return [["<!-- policy -->", policy], ["<!-- styles -->", inline("style", styles)], ["<!-- scripts -->", inline("script", scripts)]]
    .reduce((page, [mark, content]) => page.replace(mark, () => content), read("page.html").replace(/^ +/gm, ""));
}

const page = await makePage();
if (process.argv.includes("--print")) process.stdout.write(page);
else writeFileSync(TARGET, page);
