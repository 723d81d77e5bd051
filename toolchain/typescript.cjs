"use strict";
// Has node's require take TypeScript, made JavaScript by esbuild. What that made is kept beside the packages, by each file's time
// and size: tsx does the same, but asks so much more of each import that it took longer than the rest of a short command.
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const { createHash } = require("node:crypto");

const packages = path.join(path.dirname(__dirname), "node_modules");
const store = path.join(packages, ".cache", "varvol");
const { version } = JSON.parse(fs.readFileSync(path.join(packages, "esbuild", "package.json"), "utf8"));

function compiled(file) {
  const { mtimeMs, size } = fs.statSync(file);
  const key = [version, file, mtimeMs, size].join("\n");
  const kept = path.join(store, `${createHash("sha1").update(key).digest("hex")}.js`);
  try {
    return fs.readFileSync(kept, "utf8");
  } catch {
    return keep(kept, made(file));
  }
}

function made(file) {
  const source = fs.readFileSync(file, "utf8");
  const options = { loader: "ts", format: "cjs", target: "node20", sourcefile: file, sourcemap: "inline" };
  return require("esbuild").transformSync(source, options).code;
}

// Where nothing may be written it is made anew each time.
function keep(kept, code) {
  try {
    fs.mkdirSync(store, { recursive: true });
    fs.writeFileSync(`${kept}.${process.pid}`, code);
    fs.renameSync(`${kept}.${process.pid}`, kept);
  } catch {}
  return code;
}

Module._extensions[".ts"] = (module, file) => module._compile(compiled(file), file);
process.setSourceMapsEnabled(Boolean(process.env.VARVOL_DEBUG));
