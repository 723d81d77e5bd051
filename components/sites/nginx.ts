import { TIME_LIMITS, type TimeLimits } from "../timeLimits";
import { deniedLocations } from "./denied";
import { hookConf } from "./hook";
import { PHP_SOURCE } from "./neverServed";
import { webFile } from "./webFiles";

// An image of before hasn't the module.
const BROTLI = "include /etc/nginx/modules-enabled/*-http-brotli-filter.conf;\n";

/** What the configurations of all sites' nginx begin with. */
export function nginxHead({ drain }: TimeLimits = TIME_LIMITS): string {
  return `${BROTLI}daemon off;
pid /tmp/nginx.pid;
error_log stderr warn;
worker_processes 1;
worker_shutdown_timeout ${drain}s;
events { worker_connections 1024; }
http {
    include ${webFile("http.conf")};
`;
}

/** How nginx asks php: nothing of a request or an answer waits in this container, whose disk is its memory. */
export function fastcgiLimits({ webRead }: TimeLimits): string {
  return `            fastcgi_connect_timeout 10s;
            fastcgi_read_timeout ${webRead}s;
            # The gateway has the whole of it before it asks.
            fastcgi_request_buffering off;
            fastcgi_max_temp_file_size 0;
            fastcgi_buffers 16 8k;
            fastcgi_buffer_size 32k;`;
}

/**
 * What a visitor's address may have PHP make of a site: so many a second after so many at once. As many more wait for their turn,
 * 10 s at most, because an answer that refuses would only have the same program ask again at once; the rest are refused.
 */
export const VISITOR_LIMIT = { rate: 30, atOnce: 300, waiting: 300 } as const;

/**
 * By what a visitor is counted, $visitor: his address, which a site's nginx sees. Of IPv6 the half that he is given whole,
 * a /64 (https://www.ripe.net/publications/docs/ripe-690): he takes another one of its addresses whenever he likes.
 */
export const visitorMap = `map $binary_remote_addr $visitor { default $binary_remote_addr; "~(?s)^(.{8}).{8}$" $1; }`;

/** Counts by visitor what PHP makes, where the variable says so. */
export function visitorLimit(variable: string): string {
  return `    limit_req_zone ${variable} zone=visitors:1m rate=${VISITOR_LIMIT.rate}r/s;
    limit_req_status 429;
    # The gateway's log has them.
    limit_req_log_level info;`;
}
export const countVisitor = `limit_req zone=visitors burst=${VISITOR_LIMIT.atOnce + VISITOR_LIMIT.waiting - 1} delay=${VISITOR_LIMIT.atOnce - 1};`;

/** What is JSON without saying so by its name. */
export const NAMELESS_JSON = `        location ~ ^/\\.well-known/(?:matrix/\\w+|apple-app-site-association|webfinger|openid-configuration|nodeinfo)$ {
            default_type application/json;`;

/** nginx.conf of a static site whose files are in root, with a hook by its hash, and paths that are for no visitor. */
export function staticConf(root: string, denied: readonly string[], hook?: string): string {
  const { http, server } = hookConf(hook);
  return `${nginxHead()}
${http}    server {
        listen 8080;
        root ${root};
        # A link may point anywhere inside the tree that its owner could put there, and nowhere else.
        disable_symlinks if_not_owner from=$document_root;
${server}${deniedLocations(denied)}        include ${webFile("never-served.conf")};
        # Nothing runs it here.
        location ~* ${PHP_SOURCE} { return 404; }
${NAMELESS_JSON}
        }
        # /blog may be a page beside the folder of that name.
        location / { try_files $uri $uri.html $uri/ =404; }
        location ~ ^(?<page>.*)/$ { try_files $page/index.html $page/index.htm @page; }
        location @page {
            if (!-f $document_root$page.html) { return 404; }
            rewrite ^(.+)/$ $1 permanent;
        }
        location = /.varvol/health {
            default_type text/plain;
            return 200 "ok\\n";
        }
        error_page 404 @missing;
        location @missing { try_files /404.html =404; }
    }
}
`;
}
