<?php

declare(strict_types=1);

namespace Varvol;

use Closure;
use mysqli;
use mysqli_sql_exception;

/** Bytes: of rows that are read at a time, of a value, of what is kept for one pass over a table without a usable key. */
const BATCH = 2 << 20;
const LARGEST = 32 << 20;
const PASS = 64 << 20;
/** Tries to find out which values of a table can't be changed. */
const TRIES = 400;

/**
 * Walks the rows in the order of a key that is an integer, a few at a time: a row may be megabytes.
 *
 * @param list<Column> $text
 * @param list<Column> $kept
 */
function replace_by_key(
    mysqli $database,
    string $key,
    array $text,
    array $kept,
    string $where,
    UrlReplacement $replacement,
    Tally $tally,
    bool $options,
): void {
    $table = quoted($tally->table);
    $id = quoted($key);
    $size = implode(' + ', array_map(static fn (Column $column): string => "COALESCE(OCTET_LENGTH($column->name), 0)", $text));
    $last = null;
    do {
        $after = $last === null ? '' : "$id > $last AND";
        $ids = $database->query("SELECT $id, $size FROM $table WHERE $after $where ORDER BY $id LIMIT 500")->fetch_all();
        foreach (batches($ids) as [$some, $bytes]) {
            // One value at a time where a row is large.
            $groups = $bytes > BATCH ? array_map(static fn (Column $column): array => [$column], $text) : [$text];
            foreach ($groups as $group) {
                in_transaction($database, $tally, static function () use (
                    $database, $table, $id, $some, $group, $kept, $replacement, $tally, $options,
                ): void {
                    foreach (rows($database, $table, $id, $some, $group, $tally) as [$at, $values]) {
                        $new = new_values($values, $group, $replacement, $tally, $options);
                        update_row($database, $table, "$id = $at", $group, $kept, $new, $tally);
                    }
                });
            }
        }
        $last = $ids ? end($ids)[0] : $last;
    } while ($ids);
}

/**
 * @param list<?string> $values
 * @param list<Column> $columns
 * @return array<int, string> those that change, by the column's place
 */
function new_values(array $values, array $columns, UrlReplacement $replacement, Tally $tally, bool $options): array
{
    $new = [];
    foreach ($columns as $i => $column) {
        $value = changed($values[$i], $column, $replacement, $tally);
        if ($value !== null) {
            $new[$i] = $options && in_array('cron', $values, true)
                ? with_cron_keys((string) $values[$i], $value, $replacement)
                : $value;
        }
    }
    return $new;
}

/**
 * @param list<array{0: string, 1: string}> $ids keys with the bytes of their rows
 * @return iterable<array{0: list<string>, 1: int}>
 */
function batches(array $ids): iterable
{
    $some = [];
    $sum = 0;
    foreach ($ids as [$id, $bytes]) {
        if ($some && $sum + (int) $bytes > BATCH) {
            yield [$some, $sum];
            [$some, $sum] = [[], 0];
        }
        $some[] = $id;
        $sum += (int) $bytes;
    }
    if ($some) {
        yield [$some, $sum];
    }
}

/**
 * @param list<string> $ids
 * @param list<Column> $columns
 * @return iterable<array{0: string, 1: list<?string>}>
 */
function rows(mysqli $database, string $table, string $id, array $ids, array $columns, Tally $tally): iterable
{
    $names = implode(', ', array_map(static fn (Column $column): string
        => "IF(OCTET_LENGTH($column->name) > " . LARGEST . ", NULL, $column->name)", $columns));
    $sizes = implode(' + ', array_map(static fn (Column $column): string
        => "COALESCE(OCTET_LENGTH($column->name) > " . LARGEST . ', 0)', $columns));
    $found = $database->query("SELECT $id, $sizes, $names FROM $table WHERE $id IN (" . implode(', ', $ids) . ') FOR UPDATE');
    foreach ($found->fetch_all() as $row) {
        if ((int) $row[1] > 0) {
            $tally->left("$id $row[0]", 'a value of more than ' . (LARGEST >> 20) . ' MiB');
        }
        yield [$row[0], array_slice($row, 2)];
    }
}

/** Says for the image's own check (healthy) that this goes on, so that whoever waits for it does. */
function at_work(Tally $tally): void
{
    static $second = 0;
    if (time() !== $second) {
        $second = time();
        @file_put_contents('/tmp/at-work', "it replaces its former address in $tally->table: $tally->changed values so far\n");
    }
}

/** The new value; null where nothing changes. */
function changed(?string $value, Column $column, UrlReplacement $replacement, Tally $tally): ?string
{
    at_work($tally);
    if ($value === null || !$replacement->mayHold($value)) {
        return null;
    }
    // What isn't text may hold the address by chance, or in a form whose lengths nobody knows.
    $new = $column->isBinary && !mb_check_encoding($value, 'UTF-8') ? $value : $replacement->apply($value);
    if ($replacement->remains($new)) {
        $tally->remains($column->name);
    }
    return $new === $value ? null : $new;
}

/**
 * @param list<Column> $columns
 * @param list<Column> $kept
 * @param array<int, string> $new by the column's place
 */
function update_row(
    mysqli $database,
    string $table,
    string $where,
    array $columns,
    array $kept,
    array $new,
    Tally $tally,
): void {
    if (!$new) {
        return;
    }
    $names = array_map(static fn (int $i): string => $columns[$i]->name, array_keys($new));
    try {
        refuse_packet($database, array_sum(array_map('strlen', $new)));
        $set = implode(' = ?, ', $names) . ' = ?' . kept($kept);
        $database->execute_query("UPDATE $table SET $set WHERE $where", array_values($new));
        $tally->changed += count($new);
    } catch (mysqli_sql_exception $error) {
        if (is_held($error)) {
            throw $error;
        }
        if (count($new) === 1) {
            $tally->left("$where, " . implode(', ', $names), $error->getMessage());
            return;
        }
        foreach ($new as $i => $value) {
            update_row($database, $table, $where, $columns, $kept, [$i => $value], $tally);
        }
    }
}

/** The server would end the connection. */
function refuse_packet(mysqli $database, int $bytes): void
{
    static $most = null;
    $most ??= (int) $database->query('SELECT @@max_allowed_packet')->fetch_row()[0];
    if ($bytes + 4096 > $most) {
        throw new mysqli_sql_exception("the new value is larger than max_allowed_packet, $most bytes");
    }
}

/** What a site that is visited holds for a moment, or takes in another order, is asked for again. */
function in_transaction(mysqli $database, Tally $tally, Closure $work): void
{
    for ($left = PATIENCE; ; $left--) {
        $before = clone $tally;
        $database->begin_transaction();
        try {
            $work();
            $database->commit();
            return;
        } catch (mysqli_sql_exception $error) {
            $database->rollback();
            $tally->is($before);
            if ($left === 0 || !is_held($error)) {
                throw $error;
            }
        }
    }
}

/** @param list<Column> $kept */
function kept(array $kept): string
{
    return implode('', array_map(static fn (Column $column): string => ", $column->name = $column->name", $kept));
}

/**
 * A table without a usable key: its distinct values are collected beside it, and replaced wherever they stand by one
 * statement, which is one walk through the table for all of them.
 *
 * @param list<Column> $kept
 */
function replace_by_value(
    mysqli $database,
    Column $column,
    array $kept,
    string $where,
    UrlReplacement $replacement,
    Tally $tally,
): void {
    $table = quoted($tally->table);
    $database->query('CREATE TEMPORARY TABLE IF NOT EXISTS varvol_values (id INT AUTO_INCREMENT PRIMARY KEY,
        old BINARY(16) NOT NULL UNIQUE, new LONGBLOB NOT NULL) ENGINE=InnoDB');
    do {
        $database->query('TRUNCATE varvol_values');
        // Unbuffered, by a connection of its own: values may be many, and large.
        $reader = connect(10);
        $values = $reader->query(
            "SELECT $column->name FROM $table WHERE $where AND OCTET_LENGTH($column->name) <= " . LARGEST,
            MYSQLI_USE_RESULT,
        );
        $bytes = 0;
        $remain = $tally->remain;
        while ($bytes < PASS && ($row = $values->fetch_row())) {
            $new = changed($row[0], $column, $replacement, $tally);
            if ($new !== null) {
                try {
                    refuse_packet($database, strlen($new));
                    $database->execute_query('INSERT IGNORE INTO varvol_values (old, new) VALUES (?, ?)', [md5($row[0], true), $new]);
                    $bytes += strlen($new);
                } catch (mysqli_sql_exception $error) {
                    $tally->left($column->name, $error->getMessage());
                }
            }
        }
        $whole = $bytes < PASS;
        $reader->close();
        if (!$whole) {
            $tally->remain = $remain;
        }
        [$last, $count] = array_map(intval(...), $database->query('SELECT COALESCE(MAX(id), 0), COUNT(*) FROM varvol_values')->fetch_row());
        $before = $tally->changed;
        $set = "$column->name = " . ($column->isBinary ? 'v.new' : 'CONVERT(v.new USING utf8mb4)') . kept($kept);
        $statement = "UPDATE $table STRAIGHT_JOIN varvol_values v ON v.old = UNHEX(MD5(IF(OCTET_LENGTH($column->name) > " . LARGEST
            . ", NULL, $column->bytes))) SET $set WHERE OCTET_LENGTH($column->name) <= " . LARGEST . " AND $where";
        $tries = TRIES;
        if ($last > 0) {
            $left = $tally->left;
            at_work($tally);
            update_values($database, $statement, $column, 1, $last, $tries, $tally);
            $gone = $count - ($tally->changed - $before);
            if ($gone > 0 && $tally->left === $left) {
                $tally->left("$gone values of $column->name", 'they changed meanwhile');
            }
        }
    } while (!$whole && $tally->changed > $before);
    $large = $database->query("SELECT COUNT(*) FROM $table WHERE OCTET_LENGTH($column->name) > " . LARGEST . " AND $where");
    if (($count = (int) $large->fetch_row()[0]) > 0) {
        $tally->left("$count values of $column->name", 'of more than ' . (LARGEST >> 20) . ' MiB');
    }
    $database->query('DROP TEMPORARY TABLE varvol_values');
}

/** Where one statement for all values fails, its halves tell which ones it is that can't be changed. */
function update_values(
    mysqli $database,
    string $statement,
    Column $column,
    int $from,
    int $to,
    int &$tries,
    Tally $tally,
): void {
    try {
        in_transaction($database, $tally, static function () use ($database, $statement, $from, $to, $tally): void {
            $database->query("$statement AND v.id BETWEEN $from AND $to");
            $tally->changed += $database->affected_rows;
        });
    } catch (mysqli_sql_exception $error) {
        if ($from === $to || --$tries < 0) {
            $tally->left(($from === $to ? 'a value' : $to - $from + 1 . ' values') . " of $column->name", $error->getMessage());
            return;
        }
        $middle = intdiv($from + $to, 2);
        update_values($database, $statement, $column, $from, $middle, $tries, $tally);
        update_values($database, $statement, $column, $middle + 1, $to, $tries, $tally);
    }
}
