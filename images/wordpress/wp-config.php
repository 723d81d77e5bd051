<?php
// One file for every site: what differs comes from the environment and from the mounted secrets.

$varvol_secret = static fn (string $name): string => rtrim(file_get_contents("/run/secrets/$name"), "\r\n");

define('DB_HOST', getenv('DB_HOST'));
define('DB_NAME', getenv('DB_NAME'));
define('DB_USER', getenv('DB_USER'));
define('DB_PASSWORD', $varvol_secret('database'));
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
$table_prefix = getenv('TABLE_PREFIX') ?: 'wp_';

foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $varvol_key) {
    foreach (["{$varvol_key}_KEY", "{$varvol_key}_SALT"] as $varvol_name) {
        define($varvol_name, hash_hmac('sha256', $varvol_name, $varvol_secret('salt')));
    }
}

// The gateway sets both headers itself; a request without them comes from inside this container.
$varvol_url = rtrim(getenv('WORDPRESS_URL'), '/');
$varvol_scheme = $_SERVER['HTTP_X_FORWARDED_PROTO'] ?? '';
$varvol_host = strtolower($_SERVER['HTTP_X_FORWARDED_HOST'] ?? '');
$varvol_hosts = preg_split('/[\s,]+/', (string) getenv('WORDPRESS_HOSTS'), -1, PREG_SPLIT_NO_EMPTY);
if (
    in_array($varvol_scheme, ['http', 'https'], true)
    && preg_match('/^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::\d{1,5})?$/', $varvol_host)
    && (!$varvol_hosts || in_array($varvol_host, $varvol_hosts, true))
) {
    $varvol_url = "$varvol_scheme://$varvol_host";
}
define('WP_HOME', $varvol_url);
define('WP_SITEURL', $varvol_url);
$_SERVER['HTTP_HOST'] = substr(strstr($varvol_url, '://'), 3);
$_SERVER['SERVER_NAME'] = parse_url($varvol_url, PHP_URL_HOST);
unset($_SERVER['HTTPS']);
if (str_starts_with($varvol_url, 'https://')) {
    $_SERVER['HTTPS'] = 'on';
}
$_SERVER['SERVER_PORT'] = (string) (parse_url($varvol_url, PHP_URL_PORT) ?? (isset($_SERVER['HTTPS']) ? 443 : 80));

// An imported site may name a folder of its former server.
define('UPLOADS', 'wp-content/uploads');
define('FS_METHOD', 'direct');
define('DISALLOW_FILE_EDIT', true);
define('DISABLE_WP_CRON', true);
define('WP_AUTO_UPDATE_CORE', false);
define('WP_DEBUG', false);

if (!defined('ABSPATH')) {
    define('ABSPATH', __DIR__ . '/');
}
require_once ABSPATH . 'wp-includes/plugin.php';
// There where the site has an object cache of the host's. A drop-in of its own is not asked then.
if (is_dir('/run/valkey')) {
    require_once '/usr/lib/varvol/objects.php';
    $GLOBALS['_wp_using_ext_object_cache'] = true;
}
require_once '/usr/lib/varvol/pages.php';
require_once '/usr/lib/varvol/hooks.php';
require_once '/usr/lib/varvol/loopback.php';
require_once '/usr/lib/varvol/login.php';
require_once '/usr/lib/varvol/staging.php';
require_once ABSPATH . 'wp-settings.php';
