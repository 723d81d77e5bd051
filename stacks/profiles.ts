import type { HostProfile } from "./hostProfile";
import { local } from "./local";
import { prod } from "./prod";
import { rpi } from "./rpi";

/** What each kind of host has where the stack file says nothing. */
export const PROFILES = { local, prod, rpi } satisfies Readonly<Record<string, HostProfile>>;
