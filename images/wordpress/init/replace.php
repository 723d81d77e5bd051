<?php

declare(strict_types=1);

namespace Varvol;

use mysqli;
use mysqli_sql_exception;

const TEXT_TYPES = ['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'json',
    'binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob'];
const SITE_OPTIONS = ['home', 'siteurl'];

/**
 * Replaces the site's old URL, as its own options name it, in every table of the prefix. These two options come
 * last: until then an interrupted run is simply repeated, as rows that are done have nothing left to replace.
 */
function replace_site_url(mysqli $database, string $prefix, string $url): void
{
    $old = array_map(static fn (string $name): string
        => rtrim((string) option($database, $prefix, $name), '/'), SITE_OPTIONS);
    $old = array_values(array_unique(array_filter($old, static fn (string $value): bool
        => $value !== $url && (string) parse_url($value, PHP_URL_HOST) !== '')));
    if ($old) {
        $replacement = new UrlReplacement($old, $url);
        $rows = 0;
        foreach (tables($database) as $table) {
            if (str_starts_with($table, $prefix)) {
                $rows += replace_in_table($database, $table, $replacement, "{$prefix}options" === $table);
            }
        }
        note('replaced ' . implode(' and ', $old) . " by $url in $rows rows");
    }
    $database->execute_query("UPDATE `{$prefix}options` SET option_value = ? WHERE option_name IN (?, ?)", [
        $url,
        ...SITE_OPTIONS,
    ]);
}

/**
 * The columns of the primary key; and those that can hold text, each with the expression of its bytes as WordPress
 * reads them.
 *
 * @return array{0: list<string>, 1: array<string, string>}
 */
function columns(mysqli $database, string $table): array
{
    $key = $database->execute_query(
        "SELECT column_name FROM information_schema.statistics
         WHERE table_schema = DATABASE() AND table_name = ? AND index_name = 'PRIMARY' ORDER BY seq_in_index",
        [$table],
    )->fetch_all();
    $text = $database->execute_query(
        "SELECT column_name, character_set_name FROM information_schema.columns
         WHERE table_schema = DATABASE() AND table_name = ? AND is_generated = 'NEVER' AND data_type IN ('"
            . implode("','", TEXT_TYPES) . "')",
        [$table],
    )->fetch_all();
    $bytes = [];
    foreach ($text as [$column, $charset]) {
        $bytes[$column] = 'BINARY ' . ($charset === null ? "`$column`" : "CONVERT(`$column` USING utf8mb4)");
    }
    return [array_column($key, 0), $bytes];
}

function replace_in_table(mysqli $database, string $table, UrlReplacement $replacement, bool $options): int
{
    [$key, $text] = columns($database, $table);
    if (!$text) {
        return 0;
    }
    $worth = [];
    foreach ($replacement->hosts as $host) {
        $like = "'%" . $database->real_escape_string(addcslashes($host, '%_\\')) . "%'";
        foreach (array_keys($text) as $column) {
            $worth[] = "`$column` LIKE $like";
        }
    }
    $where = '(' . implode(' OR ', $worth) . ')';
    if ($options) {
        $where .= " AND option_name NOT IN ('" . implode("','", SITE_OPTIONS) . "')";
    }
    return $key
        ? replace_by_key($database, $table, $key, array_keys($text), $where, $replacement)
        : replace_by_value($database, $table, $text, $where, $replacement);
}

/**
 * Walks the rows in the order of their primary key, a few at a time: a row may be megabytes.
 *
 * @param list<string> $key
 * @param list<string> $text
 */
function replace_by_key(
    mysqli $database,
    string $table,
    array $key,
    array $text,
    string $where,
    UrlReplacement $replacement,
): int {
    $names = '`' . implode('`, `', $key) . '`';
    $marks = implode(', ', array_fill(0, count($key), '?'));
    $all = '`' . implode('`, `', array_unique([...$key, ...$text])) . '`';
    $last = [];
    $changed = 0;
    do {
        $after = $last ? "($names) > ($marks) AND" : '';
        $rows = $database->execute_query(
            "SELECT $all FROM `$table` WHERE $after $where ORDER BY $names LIMIT 20",
            $last,
        )->fetch_all(MYSQLI_ASSOC);
        $database->begin_transaction();
        foreach ($rows as $row) {
            $last = array_map(static fn (string $column): mixed => $row[$column], $key);
            $new = [];
            foreach ($text as $column) {
                $value = $row[$column] === null ? null : $replacement->apply($row[$column]);
                if ($value !== $row[$column]) {
                    $new[$column] = $value;
                }
            }
            if ($new) {
                $set = '`' . implode('` = ?, `', array_keys($new)) . '` = ?';
                $statement = "UPDATE `$table` SET $set WHERE ($names) = ($marks)";
                $changed += update($database, $statement, [...array_values($new), ...$last], $table);
            }
        }
        $database->commit();
    } while ($rows);
    return $changed;
}

/**
 * A table without a primary key: each distinct value is replaced wherever it stands.
 *
 * @param array<string, string> $text
 */
function replace_by_value(
    mysqli $database,
    string $table,
    array $text,
    string $where,
    UrlReplacement $replacement,
): int {
    $changed = 0;
    foreach ($text as $column => $bytes) {
        $values = $database->query("SELECT DISTINCT $bytes FROM `$table` WHERE $where");
        foreach ($values->fetch_all() as [$value]) {
            $new = $value === null ? null : $replacement->apply($value);
            if ($new !== $value) {
                $statement = "UPDATE `$table` SET `$column` = ? WHERE $bytes = ?";
                $changed += update($database, $statement, [$new, $value], $table);
            }
        }
    }
    return $changed;
}

/** @param list<mixed> $values */
function update(mysqli $database, string $statement, array $values, string $table): int
{
    try {
        $database->execute_query($statement, $values);
        return $database->affected_rows;
    } catch (mysqli_sql_exception $error) {
        // Too long for its column, or equal to another row's unique value: one row stays as it was imported.
        if (!in_array($error->getCode(), [1062, 1406], true)) {
            throw $error;
        }
        note("left a row of $table as it was: {$error->getMessage()}");
        return 0;
    }
}
