<?php

declare(strict_types=1);

namespace Varvol;

use RuntimeException;
use mysqli;
use mysqli_sql_exception;

const IMPORT_MARKER = 'varvol_import';
const INSTALL_MARKER = 'varvol_install';
const SITE_OPTIONS = ['home', 'siteurl'];
/** Errors of the server's: somebody holds a row for too long; two wait for each other. */
const HELD = [1205, 1213];
const PATIENCE = 5;

/** The canonical URL; without a path, as WordPress's core is at the root of its host here. */
function site_url(): string
{
    $url = rtrim((string) getenv('WORDPRESS_URL'), '/');
    if (!preg_match('~^https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d+)?$~', $url)) {
        throw new RuntimeException("WORDPRESS_URL is not scheme://host[:port] in lower case: $url");
    }
    return $url;
}

function password(): string
{
    $password = @file_get_contents('/run/secrets/database');
    if ($password === false) {
        throw new RuntimeException('/run/secrets/database cannot be read');
    }
    return rtrim($password, "\r\n");
}

function connect(int $seconds): mysqli
{
    $password = password();
    [$host, $port] = explode(':', getenv('DB_HOST') . ':3306');
    $said = '';
    for ($end = time() + $seconds; ; sleep(1)) {
        try {
            $database = new mysqli();
            $database->options(MYSQLI_OPT_CONNECT_TIMEOUT, 5);
            @$database->real_connect(
                $host,
                (string) getenv('DB_USER'),
                $password,
                (string) getenv('DB_NAME'),
                (int) $port,
            );
            break;
        } catch (mysqli_sql_exception $error) {
            if (time() >= $end) {
                throw new RuntimeException("no database after $seconds s: {$error->getMessage()}");
            }
            if ($error->getMessage() !== $said) {
                note('waiting for the database: ' . ($said = $error->getMessage()));
            }
        }
    }
    // The bytes that WordPress itself gets: serialised lengths count bytes.
    $database->set_charset('utf8mb4');
    // What is done to a site's tables before it serves may take longer than a page's statements.
    $database->query("SET SESSION sql_mode = 'STRICT_ALL_TABLES', wait_timeout = 28800, max_statement_time = 0");
    // A site that is visited waits for no row but those that change.
    $database->query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
    return $database;
}

/** Held until the connection ends. Such a lock is the server's, for all of its users: nobody else guesses its name. */
function lock(mysqli $database, int $seconds): void
{
    $name = 'varvol:' . substr(hash_hmac('sha256', (string) getenv('DB_NAME'), password()), 0, 40);
    $got = $database->execute_query('SELECT GET_LOCK(?, ?)', [$name, $seconds]);
    if ((int) $got->fetch_row()[0] !== 1) {
        throw new RuntimeException("another start of this site still holds its lock after $seconds s");
    }
}

/** @return list<string> base tables, no views */
function tables(mysqli $database): array
{
    $rows = $database->query(
        "SELECT table_name FROM information_schema.tables
         WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY table_name",
    );
    return array_column($rows->fetch_all(), 0);
}

/**
 * The prefix of the WordPress in this schema, null if there is none; and those of other ones beside it.
 *
 * @return array{0: ?string, 1: list<string>}
 */
function table_prefixes(mysqli $database): array
{
    $tables = tables($database);
    $found = [];
    foreach ($tables as $table) {
        $prefix = substr($table, 0, -strlen('options'));
        if (
            "{$prefix}options" === $table
            && preg_match('/^\w*$/', $prefix)
            && in_array("{$prefix}posts", $tables, true)
            && in_array("{$prefix}users", $tables, true)
            && option($database, $prefix, 'siteurl') !== null
        ) {
            $found[] = $prefix;
        }
    }
    $wanted = (string) getenv('WORDPRESS_PREFIX');
    // A server may have put the names of tables into small letters. Without a word: copies beside the site, as backup
    // plugins make them, have longer names.
    usort($found, static fn (string $a, string $b): int
        => [$a !== $wanted, strcasecmp($a, $wanted) !== 0, $a !== 'wp_', strlen($a), $a]
        <=> [$b !== $wanted, strcasecmp($b, $wanted) !== 0, $b !== 'wp_', strlen($b), $b]);
    if ($wanted !== '' && $found && strcasecmp($found[0], $wanted) !== 0) {
        throw new RuntimeException("no WordPress here has the table prefix $wanted, but " . implode(', ', $found));
    }
    if ($wanted === '' && count($found) > 1) {
        note("several table prefixes: taking $found[0], leaving " . implode(', ', array_slice($found, 1)));
    }
    return [$found[0] ?? null, array_slice($found, 1)];
}

function table_prefix(mysqli $database): ?string
{
    return table_prefixes($database)[0];
}

/** Roles and capabilities are rows whose names begin with the prefix, letter by letter. */
function put_prefix_right(mysqli $database, string $prefix): void
{
    $names = ["options" => 'option_name', "usermeta" => 'meta_key'];
    foreach ($names as $table => $column) {
        $begin = "LEFT($column, " . strlen($prefix) . ')';
        $only = $table === 'options' ? ' AND LOWER(' . $column . ") = LOWER(CONCAT(?, 'user_roles'))" : '';
        $database->execute_query(
            "UPDATE IGNORE `$prefix$table` SET $column = CONCAT(?, SUBSTRING($column, " . strlen($prefix) . " + 1))
             WHERE LOWER($begin) = LOWER(?) AND CAST($begin AS BINARY) <> CAST(? AS BINARY)$only",
            [$prefix, $prefix, $prefix, ...($only === '' ? [] : [$prefix])],
        );
    }
}

function option(mysqli $database, string $prefix, string $name): ?string
{
    $rows = $database->execute_query("SELECT option_value FROM `{$prefix}options` WHERE option_name = ?", [$name]);
    $row = $rows->fetch_row();
    return $row === null ? null : (string) $row[0];
}

function set_option(mysqli $database, string $prefix, string $name, string $value): void
{
    $database->execute_query("UPDATE `{$prefix}options` SET option_value = ? WHERE option_name = ?", [$value, $name]);
}

function is_held(mysqli_sql_exception $error): bool
{
    return in_array($error->getCode(), HELD, true);
}
