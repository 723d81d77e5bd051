import { escaped } from "../sites/denied";
import { VISITOR_LIMIT } from "../sites/nginx";

/** Where a path of a site has gone. */
export interface Redirect {
  /** A path, or one that ends with /* and stands for all below it. */
  readonly from: string;
  /** An address, or a path of the same site; one that ends with /* takes what stood below along. */
  readonly to: string;
  readonly code: 301 | 302;
}

/** What becomes of a site's requests before the site is asked, and of its answers after. */
export interface Requests {
  readonly redirects: readonly Redirect[];
  /** Headers of every answer, in place of the site's own of these names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether only those come in who have a name and a password in auth/<site>. */
  readonly auth: boolean;
  /** Whether it is closed, but to these addresses; after so many seconds visitors may try again. */
  readonly maintenance?: { readonly allow: readonly string[]; readonly retry: number };
  /** Whether search engines may keep it. */
  readonly robots: boolean;
}

/** The parts of a site's virtual host that say so; each is empty where nothing is said. */
export interface RequestParts {
  /** Before the servers. */
  readonly http: string;
  /** In the server, before its locations. */
  readonly server: string;
  /** Headers of the server's answers; a location with others has to have them too. */
  readonly headers: string;
  /** In the location that the site answers. */
  readonly location: string;
  /** Further locations, given all the headers of the server. */
  readonly locations: (headers: string) => string;
  /** In a location that is for everybody. */
  readonly open: string;
}

const NOTHING: RequestParts = {
  ...{ http: "", server: "", headers: "", location: "", open: "" },
  locations: () => "",
};

/** Where the host itself asks from: docker's own addresses are before every visitor, so that none is this one. */
const HOST = "127.0.0.1";

const CLOSED_PAGE =
  "<!DOCTYPE html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'><title>Closed for maintenance</title><h1>Closed for maintenance</h1><p>Please come back in a while.</p></html>";

const ROBOTS = `    location = /robots.txt {
        default_type text/plain;
        return 200 "User-agent: *\\nDisallow: /\\n";
    }
`;

export function requestParts(site: string, requests: Requests | undefined): RequestParts {
  if (!requests) return NOTHING;
  const name = site.replaceAll("-", "_");
  const { redirects, auth, maintenance, robots } = requests;
  const asksHost =
    auth || maintenance ? `geo $realip_remote_addr $host_asks_${name} { default 0; ${HOST} 1; }\n` : "";
  return {
    http: [
      asksHost,
      redirectMaps(name, redirects),
      auth ? authMaps(name) : "",
      closedMaps(name, maintenance),
    ].join(""),
    headers: headerLines(requests),
    server: [
      ...codesOf(redirects).map(
        (code) => `    if ($to_${code}_${name}) { return ${code} $to_${code}_${name}; }\n`,
      ),
      auth ? authLines(site, name) : "",
    ].join(""),
    location: maintenance
      ? `
        error_page 503 @closed;
        if ($closed_${name}) { return 503; }`
      : "",
    locations: (headers) =>
      [robots ? "" : ROBOTS, maintenance ? closedLocation(headers, maintenance.retry) : ""].join(""),
    open: auth ? "        auth_basic off;\n" : "",
  };
}

/** A value as nginx reads it between quotes; a variable in one no stack file may have. */
function quoted(value: string): string {
  return `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

function headerLines({ headers, robots }: Requests): string {
  const all = { ...headers, ...(robots ? {} : { "X-Robots-Tag": "noindex, nofollow" }) };
  return Object.entries(all)
    .map(
      ([name, value]) => `    proxy_hide_header ${name};
    add_header ${name} ${quoted(value)} always;
`,
    )
    .join("");
}

/**
 * What was asked for stands in the request as it came, so that nothing of it is decoded on its way into an answer's header.
 * What an authority's proof and Varvol's own addresses need goes nowhere. A path that goes by another code is in both maps, as
 * the first of all that fit is the one.
 */
function redirectMaps(name: string, redirects: readonly Redirect[]): string {
  return codesOf(redirects)
    .map((code) => {
      const lines = byDetail(redirects).map((one) => `    ${redirectLine(one, one.code === code)}\n`);
      return `map $request_uri $to_${code}_${name} {\n    default "";\n${lines.join("")}}\n`;
    })
    .join("");
}

function codesOf(redirects: readonly Redirect[]): number[] {
  return [301, 302].filter((code) => redirects.some((one) => one.code === code));
}

/** Single paths first, then what stands for more and more. */
export function byDetail(redirects: readonly Redirect[]): Redirect[] {
  const rank = ({ from }: Redirect) => (from.endsWith("/*") ? -from.length : 1);
  return [...redirects].sort((one, other) =>
    rank(one) === rank(other) ? 0 : rank(one) > 0 ? -1 : rank(other) > 0 ? 1 : rank(one) - rank(other),
  );
}

function redirectLine({ from, to }: Redirect, goes: boolean): string {
  const below = from.endsWith("/*");
  const path = escaped(encodedPath(below ? from.slice(0, -1) : from)).replaceAll(/%[0-9a-f]{2}/gi, "(?i:$&)");
  const pattern = below
    ? `^(?!/\\.well-known/acme-challenge/|/\\.varvol/)${path}(?<below>[^?]*)(?<asked>\\?.*)?$`
    : `^${path}(?<asked>\\?.*)?$`;
  const regex = `"~${pattern.replaceAll('"', '\\"')}"`;
  if (!goes) return `${regex} "";`;
  const [target = "", fragment] = to.split("#");
  const place = target.startsWith("/") ? `$scheme://$host$visible_port${encodedPath(target)}` : target;
  const whole = place.endsWith("/*") ? `${place.slice(0, -1)}${below ? "$below" : ""}` : place;
  // What has a query of its own keeps that.
  const query = whole.includes("?") ? "" : "$asked";
  return `${regex} "${whole}${query}${fragment === undefined ? "" : `#${fragment}`}";`;
}

/** As a browser asks for it. */
function encodedPath(path: string): string {
  return path.replaceAll(/[^\x21-\x7e]/gu, encodeURIComponent);
}

function authMaps(name: string): string {
  return `map $host_asks_${name} $realm_${name} { default off; 0 "Restricted"; }
limit_req_zone $guess_${name} zone=auth_${name}:256k rate=${VISITOR_LIMIT.rate}r/s;
map "$host_asks_${name}:$http_authorization" $guess_${name} { default $visitor; "~:$" ""; "~^1:" ""; }
`;
}

function authLines(site: string, name: string): string {
  return `    auth_basic $realm_${name};
    auth_basic_user_file auth/${site};
    limit_req zone=auth_${name} burst=${VISITOR_LIMIT.atOnce - 1} nodelay;
    limit_req_status 429;
`;
}

function closedMaps(name: string, maintenance: Requests["maintenance"]): string {
  if (!maintenance) return "";
  return `geo $shut_${name} { default 1; ${maintenance.allow.map((range) => `${range} 0; `).join("")}}
map "$host_asks_${name}$shut_${name}" $closed_${name} { default 0; 01 1; }
`;
}

/** Seconds after which visitors of a site that was stopped on purpose may try again. */
const STOPPED_RETRY = 600;

/** In the server of a site that is stopped on purpose; an authority still finds its proof. */
export function stoppedPart(headers: string): string {
  return `    error_page 503 @stopped;
    if ($uri !~ "^/\\.well-known/acme-challenge/") { return 503; }
${closedLocation(headers, STOPPED_RETRY, "@stopped")}`;
}

/** A search engine that is told when to come back keeps what it has. */
function closedLocation(headers: string, retry: number, name = "@closed"): string {
  return `    location ${name} {
        default_type text/html;
    ${headers.trimEnd().replaceAll("\n", "\n    ")}
        add_header Retry-After ${retry} always;
        add_header Cache-Control no-store always;
        return 503 "${CLOSED_PAGE}";
    }
`;
}
