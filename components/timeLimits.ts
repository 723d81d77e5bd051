/**
 * Seconds that a request, and what waits for it, may take. Each exceeds the one before it, so that whoever waits
 * waits longer than what it waits for; a test asserts that, and that the files which repeat one have the same.
 */
export const TIME_LIMITS = {
  /** php-fpm ends a request: request_terminate_timeout in images/wordpress/fpm.conf. */
  request: 120,
  /** php-fpm that was asked to stop ends what still runs: process_control_timeout there. */
  phpDrain: 125,
  /** A site's nginx gives up on php. */
  webRead: 130,
  /** The gateway gives up on a site. */
  gatewayRead: 135,
  /** nginx that was asked to stop ends what it still serves. host/php-switch waits as long for the old php's queue. */
  drain: 140,
  /** The daemon kills a container that was asked to stop. */
  grace: 150,
} as const;
