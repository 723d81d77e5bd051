/** The policies that `varvol plan` judges by, and what each asks for. */
export const POLICIES = {
  "pinned-images":
    "Every image is pinned: by its digest or, Varvol's own, by the hash of what it is built from.",
  "gateway-ports": "Only the gateway publishes ports.",
  "docker-socket": "No container gets docker's socket or the privileges of the host.",
  limits: "Every container has a memory limit.",
  "data-stays": "Nothing that holds data is deleted, replaced or left behind: only purge deletes data.",
  "major-jump":
    "MariaDB's major version changes only when a dump of the last day lies in mysql/dumps under the volume root.",
  "backup-schedule": "Every site has a backup schedule; a warning until the host has backups.",
} as const;

export type PolicyName = keyof typeof POLICIES;

export const POLICY_NAMES = Object.keys(POLICIES) as [PolicyName, ...PolicyName[]];
