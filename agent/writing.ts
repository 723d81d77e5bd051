import { containersOf, one } from "./containers";
import { Failure, lastLines } from "./failure";
import { Server } from "./mysql";
import { type Place, root } from "./place";
import { run } from "./process";
import type { Subject } from "./protocol";

/**
 * Lets a site write or not: its user in the database, and what its containers have mounted. Nothing that is there changes.
 * `first` where it could until now.
 */
export async function setWriting(
  place: Place,
  subject: Subject,
  allowed: boolean,
  first: boolean,
): Promise<void> {
  if (subject.database) {
    const server = new Server(`${place.namespace}mysql`);
    if (await server.runs()) {
      await server.setWriting(subject.name, allowed);
      if (first) await server.endConnections(subject.name);
    }
  }
  for (const container of await containersOf(place, subject.name)) {
    const targets = container.Mounts.filter(
      ({ RW, Source }) => RW && Source.startsWith(`${root}/${subject.name}/`),
    ).map(({ Destination }) => Destination);
    const { State } = await one(container.Id);
    if (State.Running && State.Pid > 0 && targets.length > 0)
      await remount(place, State.Pid, allowed ? "rw" : "ro", targets);
  }
}

/** Has a process's own view of folders be read-only, or not; a container that is started anew may write again. */
async function remount({ image, stack }: Place, pid: number, how: string, targets: string[]): Promise<void> {
  const rights = ["SYS_ADMIN", "SYS_CHROOT", "SYS_PTRACE", "DAC_READ_SEARCH", "KILL"].flatMap((name) => [
    "--cap-add",
    name,
  ]);
  const { code, stderr } = await run([
    ...["docker", "run", "--rm", "--pull", "never", "--label", `varvol.backup=${stack}/room`],
    ...["--pid", "host", "--network", "none", "--read-only", "--cap-drop", "ALL", ...rights],
    ...["--security-opt", "no-new-privileges:true", "--security-opt", "apparmor=unconfined"],
    ...["--entrypoint", "/usr/lib/varvol/remount", image, String(pid), how, ...targets],
  ]);
  if (code !== 0) throw new Failure(lastLines(stderr, 1));
}
