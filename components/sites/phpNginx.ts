import { deniedLocations } from "./denied";
import { hookConf } from "./hook";
import { TIME_LIMITS, type TimeLimits } from "../timeLimits";
import { PHP_DEFAULTS, bodyLimit } from "./phpLimits";
import { countVisitor, fastcgiLimits, nginxHead, visitorLimit, visitorMap } from "./nginx";
import { webFile } from "./webFiles";

export interface PhpConfArgs {
  /** Document root in the container. */
  readonly root: string;
  /** Script below it that answers all that is no file; undefined where each script is asked by its own name. */
  readonly front?: string;
  /** Folders below the document root that the application writes to: nothing there is run. */
  readonly writable: readonly string[];
  /** MiB of an upload. Defaults to what it is everywhere. */
  readonly uploads?: number;
  /** Defaults to what they are everywhere. */
  readonly times?: TimeLimits;
  /** Paths that are for no visitor. Defaults to none. */
  readonly denied?: readonly string[];
  /** The hash of the address that has it pulled at once. Defaults to none. */
  readonly hook?: string;
}

/** nginx.conf of a PHP application: its files, and PHP by the socket that the host switches. */
export function phpConf({
  root,
  front,
  writable,
  uploads = PHP_DEFAULTS.uploads,
  times = TIME_LIMITS,
  denied = [],
  hook,
}: PhpConfArgs): string {
  const { http, server } = hookConf(hook);
  return `${nginxHead(times)}
    # The gateway overwrites these headers. Without them (a test from inside) the request's own values count.
    map $http_x_forwarded_proto $forwarded_scheme { default http; https https; }
    map $http_x_forwarded_host $forwarded_host { default $http_x_forwarded_host; "" $http_host; }
    map $forwarded_scheme $forwarded_https { default ""; https on; }
    map $forwarded_scheme $scheme_port { default 80; https 443; }
    map $forwarded_host $forwarded_name { default $forwarded_host; "~^(?<host_name>.+):\\d+$" $host_name; }
    map $forwarded_host $forwarded_port { default $scheme_port; "~:(?<host_port>\\d+)$" $host_port; }

    # Only the gateway speaks with this container; PHP shall see the visitor instead.
    set_real_ip_from 0.0.0.0/0;
    real_ip_header X-Real-IP;
    ${visitorMap}
${visitorLimit("$visitor")}

${http}    server {
        listen 8080;
        client_max_body_size ${bodyLimit(uploads)};
        root ${root};
        # A link may point anywhere that its owner could write to, and nowhere else.
        disable_symlinks if_not_owner from=$document_root;
        index ${front ?? "index.php"} index.html;

        location = /.varvol/health { default_type text/plain; return 200 "ok\\n"; }

${server}${deniedLocations(denied)}        include ${webFile("never-served.conf")};
        location ~* \\.(?:log|inc|ini|phar|phtml|pht|php\\d)$ { return 404; }
${writable.map((folder) => `        location ~* ^/${quoted(folder)}/.*\\.php(?:/|$) { return 404; }\n`).join("")}
        location ~ ${front === undefined ? "^(?<script>/.+?\\.php)(?<info>/.*)?$" : `^(?<script>/${quoted(front)})(?<info>/.*)?$`} {
            try_files $script =404;
            ${countVisitor}
            include /etc/nginx/fastcgi_params;
            # The file behind all links: code that is switched by one is another to PHP, too.
            fastcgi_param SCRIPT_FILENAME $realpath_root$script;
            fastcgi_param DOCUMENT_ROOT $realpath_root;
            fastcgi_param PATH_INFO $info;
            fastcgi_param HTTP_HOST $forwarded_host;
            fastcgi_param HTTP_X_FORWARDED_PROTO $forwarded_scheme;
            fastcgi_param HTTP_X_FORWARDED_HOST $forwarded_host;
            fastcgi_param SERVER_NAME $forwarded_name;
            fastcgi_param SERVER_PORT $forwarded_port;
            fastcgi_param REQUEST_SCHEME $forwarded_scheme;
            fastcgi_param HTTPS $forwarded_https if_not_empty;
            fastcgi_param HTTP_PROXY "";
            fastcgi_pass unix:/run/php/fpm.sock;
${fastcgiLimits(times)}
        }
${
  front === undefined
    ? "        location / { try_files $uri $uri/ =404; }"
    : `        # One script runs: no other is run, nor shown.
        location ~ \\.php(?:/|$) { return 404; }
        location / { try_files $uri /${front}$is_args$args; }`
}
    }
}
`;
}

function quoted(path: string): string {
  return path.replaceAll(".", "\\.");
}
