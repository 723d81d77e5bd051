/** A container as docker describes it, as far as sleep shows in it. */
export interface Sleeper {
  readonly labels: ReadonlyMap<string, string>;
  readonly state: string;
}

/** Whether a container that does not run does so on purpose: put to sleep until a visitor comes. */
export function isAsleep(container: Sleeper): boolean {
  // No container sleeps yet.
  return container.labels.has("varvol.sleeps") && ["paused", "exited"].includes(container.state);
}
