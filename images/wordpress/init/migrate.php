<?php
// What a new generation wants of the database before it serves: a schema that core needs, and its own address.

declare(strict_types=1);

namespace Varvol;

use Throwable;

foreach (['database', 'install', 'serialised', 'urls', 'columns', 'rows', 'replace', 'address'] as $file) {
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
[$prefix, $others] = table_prefixes($database);
$prefix ??= 'wp_';
$from = database_version($database, $prefix);
$to = core_database_version();
$gone = hosts_gone($database, $prefix);

switch ($argv[1] ?? '') {
    case 'version':
        echo "$from\n";
        break;
    case 'due':
        $due = [
            ...($from < $to ? ["$from to $to"] : []),
            ...($gone ? ["$gone[0] to " . hosts_now()[0]] : []),
        ];
        echo $due ? implode(', ', $due) . "\n" : '';
        // A site of before there was such a note, which a later change goes by.
        if (!$gone && !noted_hosts($database, $prefix)) {
            note_hosts($database, $prefix, hosts_now());
        }
        break;
    case 'schema':
        if ($from >= $to) {
            break;
        }
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
    case 'address':
        if ($gone) {
            lock($database, 300);
            move_here($database, $prefix, $others);
        }
        break;
    default:
        note('say version, due, schema or address');
        exit(2);
}
