import { TIME_LIMITS } from "../timeLimits";
import { HARMLESS_COOKIES } from "./harmlessCookies";
import { nginxHead } from "./nginx";

/**
 * nginx.conf of a WordPress: files of core and wp-content, PHP by the socket that the host switches, and a cache of
 * the pages that are the same for every visitor. It is short-lived, and outlives the container that made the pages.
 */
export function wordpressConf(uploadLimit: string): string {
  return `${nginxHead}
    # The gateway overwrites these headers. Without them (a test from inside) the request's own values count.
    map $http_x_forwarded_proto $forwarded_scheme { default http; https https; }
    map $http_x_forwarded_host $forwarded_host { default $http_x_forwarded_host; "" $http_host; }
    map $forwarded_scheme $forwarded_https { default ""; https on; }

    # Only the gateway speaks with this container; PHP shall see the visitor instead.
    set_real_ip_from 0.0.0.0/0;
    real_ip_header X-Real-IP;

    # Pages that are made for one visitor.
    map $http_cookie $personal_cookie {
        default 1;
        "" "";
        "~${HARMLESS_COOKIES}" "";
    }
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

    # Passwords are guessed by the thousand: what has PHP look at one is counted by the visitor's address.
    map "$request_method $uri" $login { default ""; "POST /wp-login.php" $binary_remote_addr; }
    map $http_authorization $authorized { default $binary_remote_addr; "" ""; }
    limit_req_zone $login zone=logins:1m rate=20r/m;
    limit_req_zone $authorized zone=authorized:1m rate=60r/m;
    limit_req_status 429;
    # The gateway's log has them.
    limit_req_log_level info;

    fastcgi_cache_path /tmp/cache levels=1:2 keys_zone=pages:2m max_size=32m inactive=1d use_temp_path=off;

    server {
        listen 8080;
        client_max_body_size ${uploadLimit};
        root /srv/wordpress;
        index index.php;

        location = /.varvol/health { default_type text/plain; return 200 "ok\\n"; }

        location ~ /\\.(?!well-known(?:/|$)) { return 404; }
        location ~* ^/+(?:wp-config\\.php|wp-config-sample\\.php|readme\\.html|license\\.txt|xmlrpc\\.php|wp-cron\\.php)(?:/|$) { return 404; }
        location ~* \\.(?:sql|sql\\.gz|sql\\.zip|bak|log|inc|phar|phtml|pht|php\\d)$ { return 404; }
        location ~* ^/wp-content/(?:uploads|upgrade|languages|cache)/.*\\.php(?:/|$) { return 404; }
        location ~* ^/wp-includes/.*\\.php$ { return 404; }

        location ~ \\.php$ {
            try_files $uri =404;
            # With the first one of a row: ten logins at once, thirty requests of an application.
            limit_req zone=logins burst=9 nodelay;
            limit_req zone=authorized burst=29 nodelay;
            include /etc/nginx/fastcgi_params;
            fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
            fastcgi_param HTTP_X_FORWARDED_PROTO $forwarded_scheme;
            fastcgi_param HTTP_X_FORWARDED_HOST $forwarded_host;
            fastcgi_param HTTPS $forwarded_https if_not_empty;
            fastcgi_param HTTP_PROXY "";
            fastcgi_pass unix:/run/php/fpm.sock;
            fastcgi_connect_timeout 10s;
            fastcgi_read_timeout ${TIME_LIMITS.webRead}s;
            fastcgi_buffers 16 8k;
            fastcgi_buffer_size 16k;

            fastcgi_cache pages;
            fastcgi_cache_key "$request_method$forwarded_scheme$forwarded_host$request_uri";
            fastcgi_cache_methods GET HEAD;
            fastcgi_cache_bypass $personal_cookie $personal_place $personal_script $personal_login;
            fastcgi_no_cache $personal_cookie $personal_place $personal_script $personal_login $upstream_http_set_cookie;
            fastcgi_cache_valid 200 10s;
            fastcgi_cache_valid 404 10s;
            fastcgi_cache_use_stale error timeout updating http_500 http_503;
            fastcgi_cache_lock on;
            fastcgi_cache_lock_timeout 10s;
            add_header X-Cache $upstream_cache_status always;
        }

        # A missing file of these kinds is missing: WordPress need not wake to say so.
        location ~* ^/(?:wp-content|wp-includes|wp-admin)/.*\\.(?:css|js|mjs|map|json|png|jpe?g|gif|webp|avif|svg|ico|woff2?|ttf|otf|eot|mp[34]|m4[av]|ogg|webm|pdf|txt|xml)$ {
            try_files $uri =404;
            expires 7d;
            add_header Cache-Control "public";
            add_header X-Content-Type-Options nosniff;
        }
        location / {
            try_files $uri $uri/ /index.php?$args;
        }
    }
}
`;
}
