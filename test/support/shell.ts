import * as fs from "node:fs";
import * as path from "node:path";
import { attempt } from "../../base/exec";

/** Where shell tools are. */
const FOLDERS = ["host", "images", "machine", "toolchain", "flows", "test"];

// A line about it in an image's file would make another image of it.
const KNOWN: Readonly<Record<string, string>> = {
  // docker sets HOSTNAME.
  "images/wordpress/healthy": "SC3028",
  // The Dockerfile sets SUITE.
  "images/install-packages": "SC2153",
};

/** Every shell tool of the project, by its first line or its name. */
export function shellTools(repo = "."): string[] {
  const files = FOLDERS.flatMap((folder) =>
    fs
      .readdirSync(path.join(repo, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(repo, path.join(entry.parentPath, entry.name))),
  );
  files.push("varvol");
  const isShell = (file: string) =>
    file.endsWith(".sh") ||
    /^#!.*\b(sh|dash|bash)\n/.test(fs.readFileSync(path.join(repo, file), "latin1").slice(0, 80));
  return files.filter(isShell).sort();
}

/** What shellcheck, in its strictest mode, and dash say against shell tools; "" for nothing. */
export async function lintShell(tools: readonly string[]): Promise<string> {
  const isBash = (tool: string) => /^#!.*bash/.test(fs.readFileSync(tool, "utf8"));
  const told = await Promise.all([
    ...["", ...new Set(Object.values(KNOWN))].flatMap((codes) => {
      const those = tools.filter((tool) => (KNOWN[tool] ?? "") === codes);
      return [
        shellcheck(those.filter(isBash), "bash", codes),
        shellcheck(
          those.filter((tool) => !isBash(tool)),
          "dash",
          codes,
        ),
      ];
    }),
    ...tools.filter((tool) => !isBash(tool)).map((tool) => complaints(["dash", "-n", tool])),
  ]);
  return told.join("");
}

async function shellcheck(files: readonly string[], shell: "bash" | "dash", known: string): Promise<string> {
  if (files.length === 0) return "";
  const strict = ["-x", "-a", "-S", "style", "-P", "SCRIPTDIR", "--format", "gcc", "--shell", shell];
  return complaints(["shellcheck", ...strict, ...(known ? ["-e", known] : []), ...files]);
}

async function complaints(command: readonly string[]): Promise<string> {
  const { code, stdout, stderr, reason } = await attempt(command);
  return code === 0 ? "" : stdout + stderr || `${command[0]}: ${reason ?? `exit code ${code}`}\n`;
}
