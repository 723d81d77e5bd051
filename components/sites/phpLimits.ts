import { TIME_LIMITS, type TimeLimits, timeLimits } from "../timeLimits";

/** What php-fpm may take for a site. */
export interface PhpLimits {
  /** Processes at the same time. */
  readonly workers: number;
  /** MiB of a request. */
  readonly memory: number;
  /** MiB of an upload. */
  readonly uploads: number;
  /** Seconds of a request. */
  readonly time: number;
  /** Settings of php.ini's beside these. */
  readonly ini: Readonly<Record<string, string>>;
  /** Seconds without a request after which it ends, until the next one. Undefined where it always runs. */
  readonly idle?: number;
}

/** Those of a site that says nothing of its own, but for the workers, which are the host's. */
export const PHP_DEFAULTS = { memory: 128, uploads: 64, time: TIME_LIMITS.request, ini: {} } as const;

/** What a container with that php, and whoever asks it, may take. */
export function timesOf({ time }: Pick<PhpLimits, "time">): TimeLimits {
  return timeLimits(time);
}

/** How long host/php-switch waits for the old php's queue, where that is another time than the one it knows. */
export function queueWait({ drain }: TimeLimits): { wait?: number } {
  return drain === TIME_LIMITS.drain ? {} : { wait: drain };
}

/** nginx's limit of a request: around a file of the allowed size lies what tells that it is one. */
export function bodyLimit(uploads: number): string {
  return `${uploads + 1}m`;
}

/** What images/wordpress/php and images/php/php read; of what is as ever they know themselves. */
export function phpEnv(limits: PhpLimits): Record<string, string> {
  const { workers, memory, uploads, time, idle } = limits;
  const { request, phpDrain } = timesOf(limits);
  const ini = { ...(time !== PHP_DEFAULTS.time && { max_execution_time: String(time) }), ...limits.ini };
  return {
    UPLOAD_MAX: `${uploads}M`,
    PHP_WORKERS: String(workers),
    ...(memory !== PHP_DEFAULTS.memory && { PHP_MEMORY: `${memory}M` }),
    ...(time !== PHP_DEFAULTS.time && { PHP_TIME: `${request}s`, PHP_DRAIN: `${phpDrain}s` }),
    ...(idle !== undefined && { PHP_IDLE: String(idle) }),
    ...(Object.keys(ini).length > 0 && { PHP_INI: iniText(ini) }),
  };
}

/** A php.ini; what would end a value in it no stack file may have. */
function iniText(ini: Readonly<Record<string, string>>): string {
  return Object.entries(ini)
    .map(([name, value]) => `${name} = "${value}"`)
    .join("\n");
}
