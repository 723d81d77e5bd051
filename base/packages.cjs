"use strict";
const { existsSync, readFileSync } = require("node:fs");
const { join } = require("node:path");

/** Whether npm has left every package in the version that package-lock.json names; those for development only if wanted. */
function packagesInstalled(repo, development) {
  const hidden = join(repo, "node_modules", ".package-lock.json");
  if (!existsSync(hidden)) return false;
  const read = (file) => JSON.parse(readFileSync(file, "utf8")).packages;
  const installed = read(hidden);
  return Object.entries(read(join(repo, "package-lock.json"))).every(
    ([path, wanted]) =>
      path === "" ||
      wanted.optional ||
      (!development && (wanted.dev || wanted.devOptional)) ||
      installed[path]?.version === wanted.version,
  );
}

module.exports = { packagesInstalled };
