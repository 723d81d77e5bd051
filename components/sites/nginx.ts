import { TIME_LIMITS } from "../timeLimits";

/** What the configurations of all sites' nginx begin with. */
export const nginxHead = `daemon off;
pid /tmp/nginx.pid;
error_log stderr warn;
worker_processes 1;
worker_shutdown_timeout ${TIME_LIMITS.drain}s;
events { worker_connections 1024; }
http {
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    charset utf-8;
    access_log off;
    server_tokens off;
    sendfile on;
    tcp_nopush on;
    gzip on;
    gzip_vary on;
    gzip_min_length 1000;
    gzip_types text/css text/plain text/xml application/javascript application/json application/xml application/rss+xml image/svg+xml font/ttf;
    client_body_temp_path /tmp/body;
    proxy_temp_path /tmp/proxy;
    fastcgi_temp_path /tmp/fastcgi;
    uwsgi_temp_path /tmp/uwsgi;
    scgi_temp_path /tmp/scgi;
    absolute_redirect off;
`;

/** nginx.conf of a static site whose files are in root. */
export function staticConf(root: string): string {
  return `${nginxHead}
    server {
        listen 8080;
        root ${root};
        # A link may point anywhere inside the tree that its owner could put there, and nowhere else.
        disable_symlinks if_not_owner from=$document_root;
        index index.html index.htm;
        location / { try_files $uri $uri/ $uri.html =404; }
        location ~ /\\.(?!well-known/) { return 404; }
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
