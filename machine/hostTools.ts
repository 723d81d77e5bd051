import * as fs from "node:fs";
import * as path from "node:path";
import { quote } from "../base/quoting";

const FOLDER = path.join(__dirname, "..", "host");

/** The files of host/, in order. */
export function toolFiles(): { readonly file: string; readonly text: string }[] {
  return fs
    .readdirSync(FOLDER)
    .sort()
    .map((file) => ({ file, text: fs.readFileSync(path.join(FOLDER, file), "utf8") }));
}

/** Where a tool of host/ is on a host. */
export function toolPath(volumeRoot: string, tool: string): string {
  return `${volumeRoot}/.varvol/bin/${tool}`;
}

/** A shell script that puts the tools of host/ under the volume root, each replaced atomically, and removes former ones. */
export function installScript(volumeRoot: string): string {
  const folder = path.dirname(toolPath(volumeRoot, "any"));
  const [root, state, bin] = [volumeRoot, path.dirname(folder), folder].map(quote);
  return [
    // Locks, state and tools are nobody's but root's, whatever modes are below.
    `set -eu; umask 022; mkdir -p ${bin}; chmod 755 ${root}; chmod 700 ${state}; cd ${bin}`,
    ...toolFiles().map(
      ({ file, text }) =>
        `${heredoc(`.${file}.new`, text)}\nchmod 755 .${file}.new && mv .${file}.new ${file}`,
    ),
    `for file in *; do case $file in ${toolFiles()
      .map(({ file }) => file)
      .join(" | ")}) ;; *) rm -f "$file" ;; esac; done`,
    "",
  ].join("\n");
}

function heredoc(file: string, text: string): string {
  return `cat > ${file} <<'VARVOL_END'\n${text}VARVOL_END`;
}
