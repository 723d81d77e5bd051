<?php

declare(strict_types=1);

namespace Varvol;

use mysqli;

const TEXT_TYPES = ['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'json',
    'binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob'];
const INTEGER_TYPES = ['tinyint', 'smallint', 'mediumint', 'int', 'bigint'];

/** A column of a stranger's table; its name is quoted. */
final class Column
{
    public readonly string $name;
    public readonly bool $isText;
    public readonly bool $isBinary;
    public readonly bool $isInteger;
    /** Whether the server sets it at each change of its row. */
    public readonly bool $sets;
    /** An expression of the bytes that WordPress reads. */
    public readonly string $bytes;

    public function __construct(
        public readonly string $plainName,
        string $type,
        public readonly ?string $charset,
        public readonly bool $isNullable,
        string $extra,
        bool $isGenerated,
    ) {
        $this->name = quoted($plainName);
        $this->isText = !$isGenerated && in_array($type, TEXT_TYPES, true);
        $this->isBinary = $charset === null;
        $this->isInteger = in_array($type, INTEGER_TYPES, true);
        $this->sets = stripos($extra, 'on update') !== false;
        $this->bytes = $charset === null ? $this->name : "CONVERT($this->name USING utf8mb4)";
    }

    /**
     * A condition for rows whose value may hold what is to be replaced, in any case of letters. It holds for those that are too
     * large to be changed: to look into one the server asks for four times its length, and ends the statement where it has not.
     */
    public function holds(mysqli $database, UrlReplacement $replacement): string
    {
        $like = static fn (string $needle): string
            => "LIKE '%" . $database->real_escape_string(addcslashes($needle, '%_\\')) . "%'";
        $folded = $this->isBinary
            ? "CONVERT($this->name USING latin1) COLLATE latin1_swedish_ci"
            : "$this->bytes COLLATE utf8mb4_general_ci";
        $any = [
            ...array_map(static fn (string $needle): string => "$folded " . $like($needle), $replacement->needles),
            ...array_map(fn (string $needle): string
                => "CAST($this->name AS BINARY) " . $like($needle), $replacement->encodedNeedles),
        ];
        return "IF(OCTET_LENGTH($this->name) > " . LARGEST . ', TRUE, ' . implode(' OR ', $any) . ')';
    }
}

function quoted(string $name): string
{
    return '`' . str_replace('`', '``', $name) . '`';
}

/** @return list<Column> */
function columns(mysqli $database, string $table): array
{
    $rows = $database->execute_query(
        "SELECT column_name, data_type, character_set_name, is_nullable = 'YES', extra, is_generated <> 'NEVER'
         FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position",
        [$table],
    );
    return array_map(static fn (array $row): Column
        => new Column($row[0], $row[1], $row[2], (bool) $row[3], $row[4], (bool) $row[5]), $rows->fetch_all());
}

/** A column whose integers tell the rows apart; null where there is none. */
function integer_key(mysqli $database, string $table, array $columns): ?string
{
    $rows = $database->execute_query(
        "SELECT MIN(column_name) FROM information_schema.statistics
         WHERE table_schema = DATABASE() AND table_name = ? AND non_unique = 0
         GROUP BY index_name HAVING COUNT(*) = 1 ORDER BY index_name <> 'PRIMARY'",
        [$table],
    );
    foreach ($rows->fetch_all() as [$name]) {
        foreach ($columns as $column) {
            if ($column->plainName === $name && $column->isInteger && !$column->isNullable) {
                return $name;
            }
        }
    }
    return null;
}
