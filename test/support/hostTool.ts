import * as fs from "node:fs";
import * as path from "node:path";
import { attempt, type Result } from "../../base/exec";
import { type Script, scriptText } from "../../machine/scripts";
import { type HostTool, toolWords } from "../../machine/tools";
import { testFolder } from "./testHost";

/** The tools of host/ under a volume root of their own, with stand-ins for the programs that they call. */
export class HostTools {
  readonly root = testFolder();
  private readonly bin = path.join(this.root, ".varvol/bin");
  private readonly standIns = path.join(this.root, "stand-ins");

  constructor() {
    fs.cpSync("host", this.bin, { recursive: true });
    fs.mkdirSync(this.standIns);
  }

  /** A tool of the test's own, in sh, that shares lib.sh with the others. */
  add(tool: string, script: string): void {
    this.write(path.join(this.bin, tool), `#!/bin/sh\n. "$(dirname "$0")/lib.sh"\n${script}\n`);
  }

  /** A program as the tools find it: a script in sh. What it is called with is written down. */
  standIn(program: string, script: string): void {
    const log = `printf '%s\\n' "$*" >> '${this.log(program)}'\nprintf '%s\\0' "$#" "$@" >> '${this.log(program)}.words'`;
    this.write(path.join(this.standIns, program), `#!/bin/sh\n${log}\n${script}\n`);
  }

  /** The words of each call of a stand-in, whatever is in them. */
  words(program: string): string[][] {
    const log = `${this.log(program)}.words`;
    const all = fs.existsSync(log) ? fs.readFileSync(log, "utf8").split("\0").slice(0, -1) : [];
    const calls: string[][] = [];
    while (all.length > 0) calls.push(all.splice(0, Number(all.shift())));
    return calls;
  }

  /** The command lines of a stand-in, without its name. */
  calls(program: string): string[] {
    const log = this.log(program);
    return fs.existsSync(log) ? fs.readFileSync(log, "utf8").split("\n").filter(Boolean) : [];
  }

  run(tool: string, args: readonly string[], input = ""): Promise<Result> {
    return this.attempt([path.join(this.bin, tool), ...args], input);
  }

  /** Runs a script as it is run on a host. */
  script(name: Script, ...args: readonly string[]): Promise<Result> {
    return this.attempt(["sh", "-s", "--", ...args], scriptText(name));
  }

  /** Runs a tool as TypeScript calls it, and reads what it prints as TypeScript does. Throws where it fails. */
  async call<Args, Given, Printed>(
    tool: HostTool<Args, Given, Printed>,
    args: Args,
    ...given: Given[]
  ): Promise<Printed> {
    const [file = "", ...words] = toolWords(tool, args);
    const { code, stdout, stderr } = await this.run(file, words, given.map(tool.input).join(""));
    if (code !== 0) throw new Error(`${code}: ${stderr}`);
    return tool.prints.parse(stdout);
  }

  read(file: string): string {
    return fs.readFileSync(path.join(this.root, file), "utf8");
  }

  /** Makes a file under the volume root. */
  file(name: string, text = ""): void {
    fs.mkdirSync(path.dirname(path.join(this.root, name)), { recursive: true });
    fs.writeFileSync(path.join(this.root, name), text);
  }

  has(file: string): boolean {
    return fs.existsSync(path.join(this.root, file));
  }

  remove(): void {
    fs.rmSync(this.root, { recursive: true, force: true });
  }

  private attempt(command: readonly string[], input: string): Promise<Result> {
    const env = { ...process.env, PATH: `${this.standIns}:${process.env.PATH}` };
    return attempt(command, { env, input });
  }

  private log(program: string): string {
    return path.join(this.root, `${program}.calls`);
  }

  private write(file: string, text: string): void {
    fs.writeFileSync(file, text, { mode: 0o755 });
  }
}
