import { lastLines, plain } from "../failure";
import type { Told } from "../protocol";
import { messageOf, withoutAddress } from "./words";

interface Ended {
  readonly code: number;
  readonly stderr: string;
}

/** How a container is started that tells something, and is gone then. */
export const CONTAINER = ["docker", "run", "--rm", "-i", "--pull", "never", "--log-driver", "none"];

/** What starts apprise with as little as it needs, and what it reads: its address may be a secret, so no argument shows it. */
export function byApprise(
  image: string,
  url: string,
  all: readonly Told[],
  local: (moment: string) => string,
  label: readonly string[] = [],
): { readonly command: string[]; readonly input: string } {
  const alone = ["--read-only", "--tmpfs", "/tmp:rw,nosuid,nodev,size=16m", "--cap-drop", "ALL"];
  const bounds = ["--security-opt", "no-new-privileges", "--memory", "192m", "--pids-limit", "64"];
  const words = ["--entrypoint", "timeout", image, "90", "/usr/lib/varvol/tell"];
  return {
    command: [...CONTAINER, ...label, ...alone, ...bounds, ...words],
    input: JSON.stringify({ url, ...messageOf(all, local) }),
  };
}

/** Why apprise has not told it; empty where it has. */
export function appriseProblem(ended: Ended, url: string): string {
  if (ended.code === 2) return "apprise knows no such address";
  return withoutAddress(problemOf(ended), url);
}

export function problemOf({ code, stderr }: Ended): string {
  if (code === 0) return "";
  if (code === 124) return "it took too long";
  return plain(lastLines(stderr, 1).replaceAll(/\s+/g, " ")).slice(0, 400) || `it ended with code ${code}`;
}
