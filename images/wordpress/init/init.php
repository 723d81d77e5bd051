<?php
// Makes content and database ready before php-fpm starts. Every step is either finished or taken up again by the
// next start; a site that is ready is left alone. Top level on purpose: WordPress expects its globals there.

declare(strict_types=1);

namespace Varvol;

use RuntimeException;
use Throwable;
use mysqli;

foreach (['database', 'content', 'install', 'serialised', 'urls', 'columns', 'rows', 'replace', 'address', 'charset', 'start'] as $file) {
    require __DIR__ . "/$file.php";
}

function note(string $message): void
{
    fwrite(STDERR, "init: $message\n");
}

function is_marked(mysqli $database, string $marker): bool
{
    return in_array($marker, tables($database), true);
}

set_exception_handler(static function (Throwable $error): void {
    // An error of PHP's own is one of the site's code: where it stands says whose.
    note($error->getMessage() . ($error instanceof RuntimeException ? '' : " in {$error->getFile()}, line {$error->getLine()}"));
    exit(1);
});

$url = site_url();
$database = connect(60);
// Two generations may start at the same moment.
lock($database, 300);
fill_content('/srv/default-content', '/srv/wordpress/wp-content');

$interrupted = is_marked($database, INSTALL_MARKER);
[$prefix, $others] = $interrupted ? [null, []] : table_prefixes($database);
$imported = is_marked($database, IMPORT_MARKER);
if ($imported) {
    if ($prefix === null) {
        throw new RuntimeException('the imported dump holds no WordPress tables');
    }
    if (database_version($database, $prefix) > core_database_version()) {
        throw new RuntimeException('the imported database is of a newer WordPress: version '
            . database_version($database, $prefix) . ', and this one goes up to ' . core_database_version());
    }
    put_prefix_right($database, $prefix);
    read_as_meant($database, $prefix);
    replace_site_url($database, $prefix, $others, $url);
    note_hosts($database, $prefix, hosts_now());
    putenv("TABLE_PREFIX=$prefix");
    try_to_start('/srv/wordpress/wp-content');
}
$fresh = $prefix === null;
if ($fresh) {
    $prefix = 'wp_';
    begin_install($database, $prefix);
}

putenv("TABLE_PREFIX=$prefix");
// An older site that was just imported is brought up to date here: the dump it came from is its backup. Otherwise
// that is a step of its own, between the new generation's gate and the switch to it.
if ($fresh || ($imported && database_version($database, $prefix) < core_database_version())) {
    define('WP_INSTALLING', true);
    define('WP_DISABLE_FATAL_ERROR_HANDLER', true);
    require '/srv/wordpress/wp-load.php';
    require __DIR__ . '/quiet.php';
    require_once ABSPATH . 'wp-admin/includes/upgrade.php';
    $fresh ? install(site_url()) : upgrade();
}
if ($fresh) {
    note_hosts($database, $prefix, hosts_now());
    $database->query('DROP TABLE ' . INSTALL_MARKER);
}
if ($imported) {
    @unlink(ADDRESSES_FILE);
    $database->query('DROP TABLE ' . IMPORT_MARKER);
}
file_put_contents('/tmp/table-prefix', $prefix);
