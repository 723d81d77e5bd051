<?php

declare(strict_types=1);

namespace Varvol;

use RuntimeException;
use mysqli;

/** From here to the end of the installation a start begins it anew: its tables hold nothing of anybody. */
function begin_install(mysqli $database, string $prefix): void
{
    $tables = tables($database);
    $left = array_filter($tables, static fn (string $table): bool => str_starts_with($table, $prefix));
    if (in_array(INSTALL_MARKER, $tables, true)) {
        note('an installation was interrupted: starting it anew');
        foreach ($left as $table) {
            $database->query("DROP TABLE `$table`");
        }
        return;
    }
    if ($left) {
        throw new RuntimeException('tables without a complete WordPress among them: ' . implode(', ', $left));
    }
    $database->query('CREATE TABLE ' . INSTALL_MARKER . ' (id INT) ENGINE=InnoDB');
}

function install(string $url): void
{
    $password = @file_get_contents('/run/secrets/admin');
    if ($password === false || rtrim($password, "\r\n") === '') {
        throw new RuntimeException('/run/secrets/admin cannot be read or is empty');
    }
    $settings = json_decode((string) @file_get_contents('/run/secrets/install'), true);
    $setting = static fn (string $name, string $default): string => $settings[$name] ?? $default;
    $permalinks = static fn (): string => '/%postname%/';
    add_filter('pre_option_permalink_structure', $permalinks);
    $made = wp_install(
        $setting('title', (string) parse_url($url, PHP_URL_HOST)),
        $setting('admin', 'admin'),
        $setting('email', 'admin@' . parse_url($url, PHP_URL_HOST)),
        true,
        '',
        rtrim($password, "\r\n"),
    );
    remove_filter('pre_option_permalink_structure', $permalinks);
    if (!($made['user_id'] > 0)) {
        throw new RuntimeException('WordPress could not make its administrator');
    }
    $GLOBALS['wp_rewrite']->set_permalink_structure('/%postname%/');
    flush_rewrite_rules(false);
    note("installed WordPress {$GLOBALS['wp_version']} for $url");
}

function database_version(mysqli $database, string $prefix): int
{
    return (int) option($database, $prefix, 'db_version');
}

function core_database_version(): int
{
    $read = static function (): int {
        require '/srv/wordpress/wp-includes/version.php';
        return $wp_db_version;
    };
    return $read();
}

/** What the dashboard would ask for after a newer image, or after the import of an older site. */
function upgrade(): void
{
    wp_upgrade();
    note("upgraded the database to that of WordPress {$GLOBALS['wp_version']}");
}
