import type { Moved } from "../../agent/places";
import { deniedLocations } from "./denied";
import { TIME_LIMITS, type TimeLimits } from "../timeLimits";
import { PHP_DEFAULTS, bodyLimit } from "./phpLimits";
import { countVisitor, fastcgiLimits, NAMELESS_JSON, nginxHead, visitorLimit, visitorMap } from "./nginx";
import { webFile } from "./webFiles";

// Plugins keep there what only PHP gives out: paid files, invoices, what visitors sent.
const PRIVATE =
  "woocommerce_uploads|wc-logs|dlm_uploads|wpo_wcpdf|wpcf7_uploads|cfdb7_uploads|pmpro-restricted";

// Requests with a password of their own, by whose address they are counted.
const AUTHORIZED = 'map $http_authorization $authorized { default $visitor; "" ""; }';
const AUTHORIZED_OR_XMLRPC = `map "$uri:$http_authorization" $authorized {
        default $visitor;
        /xmlrpc.php: $visitor;
        "~:$" "";
    }`;

export interface WordPressConfArgs {
  /** MiB of an upload. Defaults to what it is everywhere. */
  readonly uploads?: number;
  /** Defaults to what they are everywhere. */
  readonly times?: TimeLimits;
  /** Paths that answer 403. Defaults to none. */
  readonly denied?: readonly string[];
  /** Where folders of it lay before. Defaults to none. */
  readonly moved?: Moved;
  /** Whether xmlrpc.php is asked. Defaults to false. */
  readonly xmlrpc?: boolean;
  /** For how many seconds a page is kept; 0 for not at all. Defaults to 10. */
  readonly keep?: number;
}

/** For how many seconds a page is kept where nothing is said. */
export const KEEP = 10;

// An image of before has neither, and keeps pages all the same.
const MODULE = "include /etc/nginx/modules-enabled/*-http-cache-purge.conf;\n";
const STORE = `    fastcgi_cache_path /tmp/cache levels=1:2 keys_zone=pages:2m max_size=24m inactive=1d use_temp_path=off;
    # images/web/web has it there: what makes pages be forgotten.
    include /tmp/purge.con[f];
`;

/** What is kept, for how long, and by which key: what begins with a path is found by it, whatever host and scheme it was asked by. */
function kept(seconds: number): string {
  return `            fastcgi_cache pages;
            fastcgi_cache_key "$request_uri $forwarded_host $forwarded_scheme $request_method";
            fastcgi_cache_methods GET HEAD;
            fastcgi_cache_bypass $personal_cookie $personal_place $personal_script $personal_login;
            fastcgi_no_cache $personal_cookie $personal_place $personal_script $personal_login $upstream_http_set_cookie
                $private_answer $varying $no_page $too_large;
            fastcgi_cache_valid 200 ${seconds}s;
            fastcgi_cache_valid 404 ${KEEP}s;
            # PHP is away, or says that MySQL is (hooks.php). What the site itself answers goes out.
            fastcgi_cache_use_stale error timeout invalid_header updating;
            fastcgi_cache_lock on;
            # Who waits longer may wait for a page that can't be kept, and all others after him.
            fastcgi_cache_lock_timeout 250ms;
            add_header X-Cache $upstream_cache_status always;
`;
}

/**
 * nginx.conf of a WordPress: files of core and wp-content, PHP by the socket that the host switches, and a cache of
 * the pages that are the same for every visitor. It is short-lived, and outlives the container that made the pages. What is
 * denied answers 403.
 */
export function wordpressConf({
  uploads = PHP_DEFAULTS.uploads,
  times = TIME_LIMITS,
  denied = [],
  moved = {},
  xmlrpc = false,
  keep = KEEP,
}: WordPressConfArgs): string {
  return `${keep > 0 ? MODULE : ""}${nginxHead(times)}
    # The gateway overwrites these headers. Without them (a test from inside) the request's own values count.
    map $http_x_forwarded_proto $forwarded_scheme { default http; https https; }
    map $http_x_forwarded_host $forwarded_host { default $http_x_forwarded_host; "" $http_host; }
    map $forwarded_scheme $forwarded_https { default ""; https on; }

    # Only the gateway speaks with this container; PHP shall see the visitor instead.
    set_real_ip_from 0.0.0.0/0;
    real_ip_header X-Real-IP;

    # Pages that are made for one visitor.
    include ${webFile("cookies.conf")};
    map $request_uri $personal_place {
        default "";
        "~*^/+(?:wp-admin|wp-login\\.php|wp-signup\\.php|wp-activate\\.php|wp-comments-post\\.php|wp-cron\\.php)" 1;
        "~*^[^?]*\\.php/*(?:wp-admin|wp-login)" 1;
        "~*[?&](?:preview(?:_id|_nonce)?|p|page_id|customize_[a-z_]+|_?wpnonce|nonce|action|doing_wp_cron|add-to-cart|wc-ajax|unapproved|moderation-hash|replytocom|s|rest_route)(?:=|&|$)" 1;
        "~*^/wp-json(?:/|$)" 1;
    }
    # Pages come from index.php; a script of a plugin that is asked directly decides for itself.
    map $uri $personal_script { default 1; /index.php ""; }
    map $http_authorization $personal_login { default 1; "" ""; }

    ${visitorMap}
    # Passwords are guessed by the thousand: what has PHP look at one is counted by the visitor's address.
    map "$request_method $uri" $login { default ""; "POST /wp-login.php" $visitor; }
    ${xmlrpc ? AUTHORIZED_OR_XMLRPC : AUTHORIZED}
    limit_req_zone $login zone=logins:1m rate=20r/m;
    limit_req_zone $authorized zone=authorized:1m rate=60r/m;
    # The front page is nearly always in the store; of another address, it is not known beforehand.
    map "$request_method:$request_uri:$personal_cookie$personal_login" $made {
        default $visitor;
${keep > 0 ? '        "~^(?:GET|HEAD):/:$" "";\n' : ""}    }
${visitorLimit("$made")}

    # What says that it is for one visitor, and what is no page: a download would fill the cache, which is in memory.
    # Of an error, WordPress says the former of itself; hooks.php says how long it is everybody's.
    map "$upstream_status:$upstream_http_cache_control" $private_answer {
        default "";
        "~*^[1-4]\\d\\d:.*(?:private|no-store)" 1;
    }
    map $upstream_http_vary $varying { default ""; "~*cookie|authorization|\\*" 1; }
    map "$request_uri $upstream_http_content_type" $no_page {
        default 1;
        "~*^\\S+ (?:text/html|application/(?:xhtml|rss|atom)\\+xml)" "";
        "~^/robots\\.txt text/plain" "";
    }
    map $upstream_http_content_length $too_large { default ""; "~^\\d{7,}$" 1; }

${keep > 0 ? STORE : ""}
    server {
        listen 8080;
        client_max_body_size ${bodyLimit(uploads)};
        root /srv/wordpress;
        index index.php;

        location = /.varvol/health { default_type text/plain; return 200 "ok\\n"; }

        include ${webFile("never-served.conf")};
${deniedLocations(denied)}${formerAddresses(moved)}        location ~* ^/wp-content/uploads/(?:${PRIVATE})/ { return 404; }
        location ~* ^/wp-content/uploads/edd/.*\\.(?!(?:jpe?g|png|gif|webp|mp3|ogg)$)\\w+$ { return 404; }
        location ~* ^/+(?:wp-config\\.php|wp-config-sample\\.php|readme\\.html|license\\.txt|${xmlrpc ? "" : "xmlrpc\\.php|"}wp-cron\\.php)(?:/|$) { return 404; }
        location ~* \\.(?:log|inc|phar|phtml|pht|php\\d)$ { return 404; }
        location ~* ^/wp-content/(?:uploads|upgrade|languages|cache)/.*\\.php(?:/|$) { return 404; }
        location ~* ^/wp-includes/.*\\.php$ { return 404; }

        location ~ \\.php$ {
            try_files $uri =404;
            # With the first one of a row: ten logins at once, thirty requests of an application.
            limit_req zone=logins burst=9 nodelay;
            limit_req zone=authorized burst=29 nodelay;
            ${countVisitor}
            include /etc/nginx/fastcgi_params;
            fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
            fastcgi_param HTTP_X_FORWARDED_PROTO $forwarded_scheme;
            fastcgi_param HTTP_X_FORWARDED_HOST $forwarded_host;
            fastcgi_param HTTPS $forwarded_https if_not_empty;
            fastcgi_param HTTP_PROXY "";
            fastcgi_pass unix:/run/php/fpm.sock;
${fastcgiLimits(times)}

${keep > 0 ? kept(keep) : ""}        }

        # A missing file of these kinds is missing: WordPress need not wake to say so.
        location ~* ^/(?:wp-content|wp-includes|wp-admin)/.*\\.(?:css|js|mjs|map|json|png|jpe?g|gif|webp|avif|svg|ico|woff2?|ttf|otf|eot|mp[34]|m4[av]|ogg|webm|pdf|txt|xml)$ {
            try_files $uri =404;
            expires 7d;
            add_header Cache-Control "public";
            add_header X-Content-Type-Options nosniff;
            add_header X-Accel-Buffering $buffering;
        }
        # The front page is WordPress's, whatever lay beside it.
        location = / { rewrite ^ /index.php last; }
${NAMELESS_JSON}
            root /srv/root;
            try_files $uri @wordpress;
        }
        # A file of the owner's, beside WordPress's own, comes before what WordPress would make there.
        location / {
            root /srv/root;
            disable_symlinks if_not_owner from=$document_root;
            try_files $uri @wordpress;
        }
        location ~ /$ {
            root /srv/root;
            disable_symlinks if_not_owner from=$document_root;
            try_files \${uri}index.html \${uri}index.htm @wordpress;
        }
        location @wordpress {
            if (-f /srv/root$uri/index.html) { rewrite ^(.*)$ $1/ permanent; }
            try_files $uri $uri/ /index.php?$args;
        }
    }
}
`;
}

/**
 * What is asked for where a folder lay before is asked for where it lies now, the longest way first; what is denied there is
 * denied by either way.
 */
function formerAddresses(moved: Moved): string {
  return Object.entries(moved)
    .filter(([at, place]) => at !== place)
    .sort(([a], [b]) => b.length - a.length)
    .map(([at, place]) => [`^/${at.replaceAll(".", "\\.")}/`, place])
    .map(([before, place]) => `        location ~ ${before} { rewrite ${before}(.*)$ /${place}/$1 last; }\n`)
    .join("");
}
