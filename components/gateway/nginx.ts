import { PHP_DEFAULTS, bodyLimit } from "../sites/phpLimits";
import { visitorMap } from "../sites/nginx";
import { type Requests, requestParts, stoppedPart } from "./requests";
import { TIME_LIMITS, type TimeLimits } from "../timeLimits";

/** Addresses that the gateway can be published on. */
export const MOST_ADDRESSES = 4;

/**
 * Ports that nginx listens on inside the gateway's network. Each address of the host is published on one of its own:
 * the addresses of one port come back from docker in an order that depends on its version, a change at every `up`.
 */
export const HTTP = { first: 8080, last: 8080 + MOST_ADDRESSES - 1 };
export const HTTPS = { first: 8443, last: 8443 + MOST_ADDRESSES - 1 };

// images/gateway/gateway says there which addresses of IPv6 it listens at.
const listen = (options = "") => ({
  http: `listen ${HTTP.first}-${HTTP.last}${options};
    include /tmp/listen/http.*;`,
  https: `listen ${HTTPS.first}-${HTTPS.last} ssl${options};
    include /tmp/listen/https.*;`,
});
const { http, https } = listen();

const HEADERS = `    proxy_hide_header X-Powered-By;
    proxy_hide_header X-Content-Type-Options;
    proxy_hide_header Referrer-Policy;
    add_header X-Content-Type-Options nosniff always;
    add_header Referrer-Policy strict-origin-when-cross-origin always;
`;

// With what a site is asked
const ASKED = `    proxy_set_header Host $host;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;
    # Overwritten, never passed on: what stands behind trusts them.
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Host $host$visible_port;
    proxy_set_header X-Forwarded-Port "";
    proxy_set_header X-Forwarded-Server "";
    proxy_set_header X-Forwarded-Prefix "";
    proxy_set_header Forwarded "";
    proxy_set_header Proxy "";
    proxy_set_header X-Original-URL "";
    proxy_set_header X-Rewrite-URL "";
`;
// What stands behind would take the gateway's users for its own, and refuse them. A server's headers replace all others.
const ASKED_WITHOUT_LOGIN = `${ASKED}    proxy_set_header Authorization "";
`;

export interface GatewayConf {
  readonly workers: number | "auto";
  readonly accessLog: "all" | "errors" | "none";
  /** Ports that visitors see. */
  readonly http: number;
  readonly https: number;
  /** Addresses and ranges of proxies whose X-Forwarded-For is believed. Defaults to none. */
  readonly trustedProxies?: readonly string[];
  /** Those of the site that takes longest. Defaults to what they are everywhere. */
  readonly times?: TimeLimits;
}

// Every line goes through docker's daemon, which at full load costs about as much as the request itself.
const ACCESS_LOGS = {
  all: "/dev/stdout gateway buffer=32k flush=1s",
  errors: "/dev/stdout gateway if=$is_error",
  none: "off",
};

/** The gateway's nginx.conf. Sites are in vhosts/, a file each. */
export function gatewayConf(conf: GatewayConf): string {
  const first = listen(" default_server backlog=4096");
  return `daemon off;
pid /tmp/nginx.pid;
error_log stderr warn;
worker_processes ${conf.workers};
worker_rlimit_nofile 16384;
# After a reload the old workers finish what they serve; longer than any request that php may run.
worker_shutdown_timeout ${(conf.times ?? TIME_LIMITS).drain}s;
events { worker_connections 4096; }
http {
    default_type application/octet-stream;
    log_format gateway '$remote_addr $host "$request" $status $body_bytes_sent $request_time';
    map $status $is_error {
        "~^[45]" 1;
        default 0;
    }
    access_log ${ACCESS_LOGS[conf.accessLog]};
${realAddress(conf.trustedProxies ?? [])}    server_tokens off;
    sendfile on;
    tcp_nopush on;
    keepalive_timeout 75s;
    keepalive_requests 10000;
    # Also of a handshake. Whoever takes the memory by headers that never end has it for so long (HAProxy's guide has the same).
    client_header_timeout 5s;
    client_body_timeout 60s;
    send_timeout 60s;
    reset_timedout_connection on;
    client_max_body_size ${bodyLimit(PHP_DEFAULTS.uploads)};
    large_client_header_buffers 2 32k;
    server_names_hash_bucket_size 256;
    server_names_hash_max_size 4096;

    # What is too large for memory waits on the disk.
    client_body_temp_path /var/tmp/nginx/body;
    proxy_temp_path /var/tmp/nginx/proxy;
    proxy_max_temp_file_size 128m;
    fastcgi_temp_path /tmp/fastcgi;
    uwsgi_temp_path /tmp/uwsgi;
    scgi_temp_path /tmp/scgi;

    # Mozilla's intermediate profile 6.0; its curves, and the hybrid one that browsers ask for first.
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305;
    ssl_ecdh_curve X25519MLKEM768:X25519:prime256v1:secp384r1;
    ssl_prefer_server_ciphers off;
    ssl_session_cache shared:tls:2m;
    ssl_session_timeout 1d;
    ssl_session_tickets off;
    ssl_certificate_key tls/key.pem;

    # Containers are found by name at every request, so that one that docker restarts is found again.
    resolver 127.0.0.11 valid=1s ipv6=off;
    resolver_timeout 5s;

    # Only the gateway's own ports may appear behind a host name, or a forged one would get into pages and caches.
    map $http_host $visible_port {
        "~:(${conf.http}|${conf.https})$" ":$1";
        default "";
    }
    map "$ssl_server_name:$host" $misdirected {
        "~^:" 0;
        "~*^([^:]+):\\1$" 0;
        default 1;
    }
    # A site's nginx closes first, so that the gateway may use its own port again.
    map $http_upgrade $connection_upgrade {
        "" close;
        default upgrade;
    }

    proxy_http_version 1.1;
    proxy_connect_timeout 5s;
    proxy_read_timeout ${TIME_LIMITS.gatewayRead}s;
    proxy_send_timeout ${TIME_LIMITS.gatewayRead}s;
    proxy_buffers 16 8k;
    # Headers of an answer
    proxy_buffer_size 32k;
${ASKED}${HEADERS}
    # A request that an old worker still sends to a generation that has just gone is sent to the site's other one,
    # unless it may have been acted on already: by a program any, by files none that only asks.
    map $upstream_connect_time $was_sent {
        "" 0;
        "-" 0;
        default 1;
    }
    map "$request_method $was_sent" $not_again {
        "~^(GET|HEAD|OPTIONS) " 0;
        "~ 0$" 0;
        default 1;
    }

    # Who guesses at a site's passwords
    ${visitorMap}

    # Static sites only: holds the load of a busy page for a second, and pages while their container is away.
    open_file_cache max=2000 inactive=60s;
    proxy_cache_path /tmp/cache keys_zone=static:2m max_size=16m inactive=1d use_temp_path=off;
    map $upstream_http_content_length $too_large {
        "~^[0-9]{7,}$" 1;
        default 0;
    }

    server {
        # The first one is the default, at IPv6 too.
        ${first.http}
        ${first.https}
        http2 on;
        ssl_reject_handshake on;
        access_log off;
        return 444;
    }
    server {
        listen 127.0.0.1:9000;
        access_log off;
        location = /generation { include generation.conf; }
        location = /status { stub_status; }
    }
    include vhosts/*.conf;
}
`;
}

/** The last address that no trusted proxy has is the visitor's: what stands before it he may have made up. */
function realAddress(proxies: readonly string[]): string {
  if (proxies.length === 0) return "";
  const lines = [
    ...proxies.map((proxy) => `set_real_ip_from ${proxy};`),
    "real_ip_header X-Forwarded-For;",
    "real_ip_recursive on;",
  ];
  return lines.map((line) => `    ${line}\n`).join("");
}

export interface VhostConf {
  readonly site: string;
  readonly domains: readonly string[];
  /** Name of the generation that serves. */
  readonly upstream: string;
  /** Whether answers are the same for every visitor. */
  readonly cacheable: boolean;
  /** Folder of the gateway's own whose files are all that there is to serve. Defaults to none. */
  readonly pages?: string;
  /** Whether calls of a hook go to it too. Defaults to false. */
  readonly hook?: boolean;
  /** MiB of an upload. Defaults to what it is everywhere. */
  readonly uploads?: number;
  /** Defaults to what they are everywhere. */
  readonly times?: TimeLimits;
  /** File of its certificate's key. Defaults to the gateway's own key. */
  readonly key?: string;
  /** Whether a public authority asks for proofs here, by HTTP. Defaults to no. */
  readonly challenges?: boolean;
  /** Port behind https:// where plain HTTP only redirects; undefined where it serves. */
  readonly redirectToPort?: number;
  /** For how long browsers are told to come by HTTPS alone. Defaults to not at all. */
  readonly hsts?: Hsts;
  /** What becomes of its requests before it is asked. Defaults to nothing. */
  readonly requests?: Requests;
}

/** What a site says by Strict-Transport-Security (RFC 6797). */
export interface Hsts {
  /** 0 has browsers forget it. */
  readonly days: number;
  /** Whether it holds for all names below, too. */
  readonly subdomains: boolean;
  /** Whether browsers may have it built in: https://hstspreload.org */
  readonly preload: boolean;
}

/** A site's virtual hosts: its canonical domain, and a redirect from the others. */
export function vhostConf(vhost: VhostConf): string {
  const [canonical = "", ...aliases] = vhost.domains;
  const key = vhost.key === undefined ? "" : `\n    ssl_certificate_key ${vhost.key};`;
  const tls = `${https}\n    http2 on;\n    ssl_certificate tls/${vhost.site}.pem;${key}`;
  const challenges = vhost.challenges ? CHALLENGES : "";
  const hsts = vhost.hsts ? strictTransport(vhost.hsts) : { server: "", headers: "" };
  const parts = requestParts(vhost.site, vhost.requests);
  const own = `${hsts.headers}${parts.headers}`;
  const login = vhost.requests?.auth ? ASKED_WITHOUT_LOGIN : "";
  const port = vhost.redirectToPort === 443 ? "" : `:${vhost.redirectToPort}`;
  const blocks = [];
  if (vhost.redirectToPort !== undefined) {
    blocks.push(`server {
    ${http}
    server_name ${vhost.domains.join(" ")};
${challenges}    location / { return 308 https://${canonical}${port}$request_uri; }
}
`);
  }
  const plain = vhost.redirectToPort === undefined ? `${http}\n    ` : "";
  if (aliases.length > 0) {
    blocks.push(`server {
    ${plain}${tls}
    server_name ${aliases.join(" ")};
    if ($misdirected) { return 421; }
${hsts.server}${withCommon(hsts.headers)}${challenges}    location / {
        # A browser that kept it for good would go in a circle once the other one is the first.
        expires 5m;
        return 301 $scheme://${canonical}$visible_port$request_uri;
    }
}
`);
  }
  const answered =
    vhost.pages === undefined
      ? `${vhost.cacheable ? "" : MADE}    location / {${parts.location}${vhost.cacheable ? CACHE : ""}
        proxy_pass http://$generation:8080;
        error_page 502 = @again;
    }
    location @again {${vhost.cacheable ? CACHE : ""}
        if (${vhost.cacheable ? "$not_again" : "$was_sent"}) { return 502; }
        proxy_pass http://$any_generation:8080;
    }
    location /.varvol/ { return 404; }
`
      : filesOf(vhost.pages);
  const upstream = `    set $generation ${vhost.upstream};
    set $any_generation ${vhost.site};
`;
  blocks.push(`server {
    ${plain}${tls}
    server_name ${canonical};
    if ($misdirected) { return 421; }
${vhost.pages === undefined ? upstream : ""}${limits(vhost)}${hsts.server}${vhost.pages === undefined ? STOPPED(vhost.site) : ""}${withCommon(own)}${parts.server}${login}${opened(challenges, parts.open)}${answered}${parts.locations(`${HEADERS}${own}`)}${vhost.hook ? opened(HOOK, parts.open) : ""}}
`);
  return `${parts.http}${blocks.join("")}`;
}

// There while the site is stopped on purpose (host/routes).
const STOPPED = (site: string) => `    include stopped/${site}.[c]onf;
`;

/** What answers in place of a site that is stopped on purpose. */
export function stoppedConf({ hsts, requests, site }: VhostConf): string {
  const own = `${hsts ? strictTransport(hsts).headers : ""}${requestParts(site, requests).headers}`;
  return stoppedPart(`${HEADERS}${own}`);
}

/** Files that change while it runs: what the gateway keeps open of other files it must not of these. */
function filesOf(folder: string): string {
  return `    root /etc/varvol/${folder};
    open_file_cache off;
    types {
        text/html html;
        application/json json;
    }
    charset utf-8;
    location / {
        index index.html;
        limit_except GET { deny all; }
    }
    location ~ /\\. { return 404; }
`;
}

/** What a site's own keys allow beyond, or below, what all have. */
function limits({ uploads = PHP_DEFAULTS.uploads, times = TIME_LIMITS }: VhostConf): string {
  const { gatewayRead } = times;
  return [
    ...(uploads === PHP_DEFAULTS.uploads ? [] : [`client_max_body_size ${bodyLimit(uploads)};`]),
    ...(gatewayRead === TIME_LIMITS.gatewayRead
      ? []
      : [`proxy_read_timeout ${gatewayRead}s;`, `proxy_send_timeout ${gatewayRead}s;`]),
  ]
    .map((line) => `    ${line}\n`)
    .join("");
}

/** A server's headers replace all others. */
function withCommon(headers: string): string {
  return headers === "" ? "" : `${HEADERS}${headers}`;
}

/** A location that is for everybody, on a site that is not. */
function opened(location: string, open: string): string {
  return location.replace(/\{\n/, `{\n${open}`);
}

/** By HTTPS alone, and in place of what the site itself says: a browser obeys the first of two. */
function strictTransport({ days, subdomains, preload }: Hsts): { server: string; headers: string } {
  const parts = [
    `max-age=${days * 86_400}`,
    ...(subdomains ? ["includeSubDomains"] : []),
    ...(preload ? ["preload"] : []),
  ];
  return {
    server: `    set $hsts "";
    if ($https) { set $hsts "${parts.join("; ")}"; }
`,
    headers: `    proxy_hide_header Strict-Transport-Security;
    add_header Strict-Transport-Security $hsts always;
`,
  };
}

// One folder for all generations of the gateway; it lies beside them, in what they are given to read.
const CHALLENGES = `    location ^~ /.well-known/acme-challenge/ {
        root /etc/varvol/challenges;
        default_type text/plain;
        try_files $uri =404;
    }
`;

// What a program makes: it is asked once, and need not wait for a slow visitor, who may take longer than it may run.
const MADE = `    proxy_next_upstream off;
    proxy_max_temp_file_size 2048m;
`;

// The address is a secret, and no log is told it.
const HOOK = `    location /.varvol/pull/ {
        access_log off;
        error_log stderr crit;
        proxy_pass http://$generation:8080;
    }
`;

const CACHE = `
        proxy_cache static;
        proxy_cache_key $host$request_uri;
        proxy_cache_valid 200 301 302 404 1s;
        proxy_cache_lock on;
        proxy_cache_revalidate on;
        proxy_cache_use_stale error timeout http_502 http_503 http_504;
        proxy_no_cache $too_large;`;
