/**
 * Seconds that a request, and what waits for it, may take. Each exceeds the one before it, so that whoever waits
 * waits longer than what it waits for; a test asserts that, and that the files which repeat one have the same.
 */
export interface TimeLimits {
  /** php-fpm ends a request: request_terminate_timeout in images/wordpress/fpm.conf. */
  readonly request: number;
  /** php-fpm that was asked to stop ends what still runs: process_control_timeout there. */
  readonly phpDrain: number;
  /** A site's nginx gives up on php. */
  readonly webRead: number;
  /** The gateway gives up on a site. */
  readonly gatewayRead: number;
  /** nginx that was asked to stop ends what it still serves. host/php-switch waits as long for the old php's queue. */
  readonly drain: number;
  /** The daemon kills a container that was asked to stop. */
  readonly grace: number;
}

/** Those of a site whose requests may take so long. */
export function timeLimits(request: number): TimeLimits {
  return {
    request,
    phpDrain: request + 5,
    webRead: request + 10,
    gatewayRead: request + 15,
    drain: request + 20,
    grace: request + 30,
  };
}

/** Those of a site that says nothing of its own. */
export const TIME_LIMITS = timeLimits(120);
