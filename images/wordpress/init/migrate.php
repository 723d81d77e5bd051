<?php
// The database's schema: which version it has, whether core needs a newer one, and the way there.

declare(strict_types=1);

namespace Varvol;

use Throwable;

foreach (['database', 'install'] as $file) {
    require __DIR__ . "/$file.php";
}

function note(string $message): void
{
    fwrite(STDERR, "migrate: $message\n");
}

set_exception_handler(static function (Throwable $error): void {
    note($error->getMessage());
    exit(1);
});

$database = connect(10);
$prefix = table_prefix($database) ?? 'wp_';
$from = database_version($database, $prefix);
$to = core_database_version();

switch ($argv[1] ?? '') {
    case 'version':
        echo "$from\n";
        break;
    case 'due':
        echo $from < $to ? "$from to $to\n" : '';
        break;
    case 'now':
        lock($database, 300);
        putenv("TABLE_PREFIX=$prefix");
        define('WP_INSTALLING', true);
        define('WP_DISABLE_FATAL_ERROR_HANDLER', true);
        require '/srv/wordpress/wp-load.php';
        require __DIR__ . '/quiet.php';
        $GLOBALS['wpdb']->query('SET SESSION max_statement_time = 0');
        require_once ABSPATH . 'wp-admin/includes/upgrade.php';
        upgrade();
        if (database_version(connect(10), $prefix) < $to) {
            note("the database is still of version " . database_version(connect(10), $prefix));
            exit(1);
        }
        break;
    default:
        note('say version, due or now');
        exit(2);
}
