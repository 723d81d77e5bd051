import type { Subject } from "../agent/protocol";

/** What a module keeps: the databases that no site owns. */
export function moduleSubject(name: string): Subject {
  return { name, kind: "module", folders: [], database: true };
}

/** The copies of the host itself. */
export const HOST_ITSELF: Subject = { name: "host", kind: "module", folders: [], database: false };
