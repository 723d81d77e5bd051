<?php

declare(strict_types=1);

namespace Varvol;

use mysqli;
use mysqli_sql_exception;

/**
 * A WordPress whose connection had another character set than its pages wrote UTF-8 into columns of that set: read as
 * what the columns say, "ä" is "Ã¤", and every serialised length is wrong. Whether it was so, the values themselves tell:
 * what isn't ASCII is UTF-8 then, and hardly any of it is where the connection was right. Either way the columns become
 * utf8mb4, in which both WordPress and the new address can be written.
 */
function read_as_meant(mysqli $database, string $prefix): void
{
    $found = [];
    foreach (tables($database) as $table) {
        if (str_starts_with($table, $prefix)) {
            foreach (columns($database, $table) as $column) {
                if ($column->isText && !in_array($column->charset, [null, 'utf8mb4', 'utf8mb3', 'ascii', 'binary'], true)) {
                    $found[$table][] = $column;
                }
            }
        }
    }
    $misread = $found && is_misread($database, $found);
    foreach ($found as $table => $columns) {
        $name = quoted($table);
        try {
            $foreign = array_filter(columns($database, $table), static fn (Column $column): bool => $column->sets);
            // Other engines' keys are shorter than some columns are in utf8mb4.
            $database->query("ALTER TABLE $name ENGINE=InnoDB, CONVERT TO CHARACTER SET utf8mb4");
            foreach ($misread ? $columns : [] as $column) {
                $set = "$column->name = " . meant($column) . kept(array_values($foreign));
                $database->query("UPDATE $name SET $set WHERE " . is_foreign($column) . ' AND ' . is_meant($column));
            }
        } catch (mysqli_sql_exception $error) {
            note("left the character set of $table as it was: {$error->getMessage()}");
        }
    }
    if ($found) {
        note(count($found) . ' tables are utf8mb4 now' . ($misread ? ', their values read as the UTF-8 that they are' : ''));
    }
}

/** @param array<string, list<Column>> $found */
function is_misread(mysqli $database, array $found): bool
{
    $all = $meant = 0;
    foreach ($found as $table => $columns) {
        foreach ($columns as $column) {
            $row = $database->query('SELECT COALESCE(SUM(' . is_meant($column) . '), 0), COUNT(*) FROM '
                . quoted($table) . ' WHERE ' . is_foreign($column))->fetch_row();
            $meant += (int) $row[0];
            $all += (int) $row[1];
        }
    }
    // A value that was cut off within a character is no longer UTF-8.
    return $meant > 10 * ($all - $meant);
}

/** An expression of the bytes as they stood in the column at first, whatever its character set is by now. */
function bytes_before(Column $column): string
{
    return "CAST(CONVERT($column->name USING $column->charset) AS BINARY)";
}

function meant(Column $column): string
{
    return 'CONVERT(' . bytes_before($column) . ' USING utf8mb4)';
}

function is_meant(Column $column): string
{
    return '(CAST(' . meant($column) . ' AS BINARY) = ' . bytes_before($column) . ')';
}

/** More than ASCII. */
function is_foreign(Column $column): string
{
    return "(OCTET_LENGTH($column->bytes) <> CHAR_LENGTH($column->name))";
}
