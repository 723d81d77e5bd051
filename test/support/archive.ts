import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { capture } from "../../base/exec";
import { archiveImage } from "../../components/backup/archive";
import { readLock } from "../../stacks/lock";
import type { TestMachine } from "./testMachine";

/** A repository on this machine, and the file with its password. */
export class Archive {
  constructor(
    readonly repository: string,
    readonly passwordFile: string,
    private readonly namespace: string,
  ) {}

  /** All files, or those of a kind; without locks, which come and go. */
  files(kind = ""): string[] {
    return fs
      .readdirSync(path.join(this.repository, kind), { recursive: true, encoding: "utf8" })
      .map((name) => path.join(kind, name))
      .filter((name) => fs.statSync(path.join(this.repository, name)).isFile() && !name.startsWith("locks"));
  }

  /** Runs restic on the folder itself, with no server before it. */
  async restic(...words: string[]): Promise<void> {
    const run = ["docker", "run", "--rm", "--network", "none", "--name", `${this.namespace}check`];
    const mounts = ["-v", `${this.repository}:/repository`, "-v", `${this.passwordFile}:/password:ro`];
    const options = ["-r", "/repository", "--password-file", "/password", "--no-cache"];
    const image = archiveImage(readLock());
    await capture([...run, ...mounts, "--entrypoint", "restic", image, ...words, ...options]);
  }

  /** Reads all that is in it, and fails where anything is missing or damaged. */
  check(): Promise<void> {
    return this.restic("check", "--read-data");
  }

  /** What one may try who is root on a machine while that is given the way to it: nothing of it works but to add. */
  async attack(machine: TestMachine, runner: string): Promise<void> {
    const [snapshot = "", pack = "", key = ""] = ["snapshots", "data", "keys"].map((kind) =>
      (this.files(kind)[0] ?? "").replace(/^data\/..\//, "data/"),
    );
    const restic = `docker exec ${runner} /usr/lib/varvol/restic`;
    const forget = await machine.ssh(`${restic} forget ${path.basename(snapshot)} 2>&1; true`);
    assert.match(forget.stdout, /403 Forbidden/);
    for (const file of [snapshot, pack, key, "config"])
      for (const method of ["DELETE", "POST"])
        assert.match(await ask(machine, runner, method, file), /^HTTP\/1\.\d 403/, `${method} ${file}`);
    await machine.output(
      `${restic} backup --time '2020-01-01 00:00:00' --tag site=hello,run=made-up,complete /vol/hello/site`,
    );
  }
}

/** What the server says to a request of the machine's. */
async function ask(machine: TestMachine, runner: string, method: string, file: string): Promise<string> {
  const script = `use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new(Peer => "/run/repository.sock") or die; print $s "${method} /${file} HTTP/1.0\\r\\nContent-Length: 4\\r\\n\\r\\njunk"; print scalar <$s>;`;
  return (await machine.ssh(`docker exec -i ${runner} perl -`, { input: script })).stdout;
}
