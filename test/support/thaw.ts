import * as fs from "node:fs";
import * as path from "node:path";

/**
 * Wakes what is paused inside a container, by the container's full id. Under cgroup v1 a frozen process can't be killed,
 * and would keep the container from ending.
 */
export function thaw(id: string): void {
  const folder = `/sys/fs/cgroup/freezer/docker/${id}`;
  if (!id || !fs.existsSync(folder)) return;
  for (const entry of fs.readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!entry.endsWith("/freezer.state")) continue;
    const file = path.join(folder, entry);
    if (/FR(O|EE)Z/.test(fs.readFileSync(file, "utf8"))) fs.writeFileSync(file, "THAWED");
  }
}
