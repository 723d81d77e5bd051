import { z } from "zod";
import type { Gateway } from "../components";
import type { Requests } from "../components/gateway/requests";
import { requestKeys } from "./requests";
import { domain } from "./values";

/** What the page's route, certificate and passwords are called: no site has the name where there is one. */
export const STATUS_PAGE = "status-page";

export const status = z
  .strictObject({
    domain: domain
      .refine((name) => !name.startsWith("*."), "must be one name, and no wildcard")
      .describe("Where the page is: https://<domain>/."),
    auth: requestKeys.auth,
  })
  .optional()
  .describe("A page that shows how the host and its sites are. Default: none; see docs/status.md.");

export type StatusKeys = NonNullable<z.infer<typeof status>>;

/** What the gateway serves as the page. */
export interface StatusPageConfig {
  readonly domain: string;
}

/** The page's route: files that the agent writes, so that it needs no container of its own. */
export function statusPageVhost(
  gateway: Gateway,
  { domain: name }: StatusPageConfig,
): ReturnType<Gateway["vhost"]> {
  const vhost = { domains: [name], upstream: "", cacheable: false, pages: "status" } as const;
  return gateway.vhost(STATUS_PAGE, vhost, gateway);
}

/** It needs nothing from elsewhere, and is nothing for search engines or for another page's frame. */
export function pageRequests({ auth }: StatusKeys): Requests {
  const policy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  return {
    redirects: [],
    headers: { "Content-Security-Policy": policy, "Cache-Control": "no-store" },
    auth: auth !== undefined,
    robots: false,
  };
}
